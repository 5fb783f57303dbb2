"""A customer who opens the page, fills in the form, sends it and reads the result."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page

from tests.conftest import REPORT


@dataclass
class Customer:
    page: Page
    url: str

    def open(self, path: str = "/") -> None:
        self.page.goto(self.url + path)

    def fill(self, text: str = REPORT, *, account_id: str = "acct_10234", item: str = "") -> None:
        self.page.fill("#id_account_id", account_id)
        self.page.fill("#id_credential_report", text)
        self.page.fill("#id_item", item)

    def send(self, text: str = REPORT, *, account_id: str = "acct_10234", item: str = "") -> None:
        """Open a new form, fill it in and press its button."""
        self.open()
        self.fill(text, account_id=account_id, item=item)
        self.button.click()

    @property
    def button(self) -> Locator:
        return self.page.locator("form[data-decide] button[type=submit]")

    @property
    def progress(self) -> Locator:
        return self.page.locator("#progress")

    @property
    def report(self) -> Locator:
        return self.page.locator("#id_credential_report")

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
