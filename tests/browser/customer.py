"""A customer who opens the page, fills in the form, sends it and reads the result."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Error, Locator, Page

from tests.browser.samples import ROTATION_SAMPLE, Sample

TRIES, PAUSE_MS = 100, 50


@dataclass
class Customer:
    page: Page
    url: str
    sample: Sample = ROTATION_SAMPLE

    def open(self, path: str | None = None) -> None:
        """Open the form, or another page."""
        self.page.goto(self.url + (path or self.sample.path))

    def fill(self, text: str | None = None, **fields: str) -> None:
        """Fill in what is accepted, except for the given text and fields."""
        texts = {} if text is None else {self.sample.text_field: text}
        for name, value in (dict(self.sample.sent) | texts | fields).items():
            self.page.fill(f"#id_{name}", value)

    def send(self, text: str | None = None, **fields: str) -> None:
        """Open a new form, fill it in and press its button."""
        self.open()
        self.fill(text, **fields)
        self.button.click()

    @property
    def button(self) -> Locator:
        return self.page.locator("form[data-decide] button[type=submit]")

    @property
    def progress(self) -> Locator:
        return self.page.locator("#progress")

    @property
    def report(self) -> Locator:
        return self.page.locator(f"#id_{self.sample.text_field}")

    @property
    def title(self) -> Locator:
        """The heading of the page."""
        return self.page.get_by_role("heading", level=1)

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.url)

    @property
    def key(self) -> str:
        return self.page.input_value("[name=submission_key]")

    def set_key(self, key: str) -> None:
        """Set the submission key of the form, as a duplicated tab has it."""
        self.page.eval_on_selector("[name=submission_key]", "(field, key) => { field.value = key; }", key)

    def focused(self) -> str:
        """Name the focused element by its id, else its class, else its text."""
        name: str = self.page.evaluate(
            "(({id, className, textContent}) => id || className || textContent.trim())(document.activeElement)"
        )
        return name

    def go_back(self) -> None:
        self._step(self.page.go_back)

    def go_forward(self) -> None:
        self._step(self.page.go_forward)

    def _step(self, step: Callable[[], object]) -> None:
        """Step in the browser's history. While Chromium swaps one page for another, its driver cannot read it yet."""
        for _ in range(TRIES):
            try:
                step()
            except Error as fault:
                if "Not attached to an active page" not in fault.message:
                    raise
                self.page.wait_for_timeout(PAUSE_MS)
            else:
                return
        raise AssertionError("The browser's history could not be read.")
