"""
A real browser against the real service, in this process.

`make test-browser` names this folder and runs all of it; a run that does not name it shows the short form alone, on
SQLite. Where a program is missing no test that needs it runs, and the run says so; under CI=true that is a failure.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.customer import Customer
from tests.browser.hold import LONGEST_SECONDS, Hold
from tests.browser.line import Line, line_to
from tests.browser.programs import browser_arguments, find_browser, find_validator
from tests.browser.states import Stage
from tests.browser.watch import Watch
from tests.fakes import FakeProvider

HERE = Path(__file__).parent
SHORT_FORM = "test_short.py"
NOT_RUN = pytest.StashKey[dict[str, int]]()
WINDOW = {"width": 1280, "height": 800}
LONGEST_WAIT_MS = 10_000
BROWSER_MISSING = "Chromium is missing (apt install chromium)"
VALIDATOR_MISSING = "Java or the validator of HTML is missing (apt install default-jre-headless npm; make test-browser)"


class Browse(Protocol):
    def __call__(self, **options: Any) -> Page: ...


# ---- What is run


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any(Path(arg.partition("::")[0]).resolve().is_relative_to(HERE) for arg in config.args)
    if named or collection_path.suffix != ".py":
        return None
    shown = collection_path.name == SHORT_FORM and config.getoption("database") == "sqlite"
    return None if shown else True


@pytest.fixture(scope="package")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip(BROWSER_MISSING)
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as environment:
        # Playwright keeps an event loop in this thread, in which Django would else refuse to touch the database.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with playwright.chromium.launch(executable_path=program, args=browser_arguments()) as browser:
            yield browser


@pytest.fixture(scope="package")
def validator() -> list[str]:
    """The command that validates HTML."""
    command = find_validator()
    if command is None:
        pytest.skip(VALIDATOR_MISSING)
    return command


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    needed = Counter(name for item in items if isinstance(item, pytest.Function) for name in item.fixturenames)
    missing = {} if find_browser() else {BROWSER_MISSING: needed["chromium"]}
    missing |= {} if find_validator() else {VALIDATOR_MISSING: needed["validator"]}
    config.stash[NOT_RUN] = {program: count for program, count in missing.items() if count}


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if session.config.stash[NOT_RUN] and exitstatus == pytest.ExitCode.OK and os.environ.get("CI") == "true":
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    missing = config.stash[NOT_RUN]
    if missing:
        terminalreporter.section("NOT RUN", sep="!", red=True, bold=True)
        for program, count in missing.items():
            terminalreporter.write_line(f"{program}: {count} of the tests in a browser were not run.", red=True)
        terminalreporter.write_sep("!", red=True, bold=True)


# ---- What a test asks for


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> Iterator[str]:
    """The address of the service with the demo's records, gone quiet before its data are removed."""
    settings.ROOT_URLCONF = "tests.browser.urls"
    call_command("load_demo_records", verbosity=0)
    yield live_server.url
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(LONGEST_SECONDS)


@pytest.fixture
def hold(site: str) -> Iterator[Hold]:
    hold = Hold()
    yield hold
    hold.release()


@pytest.fixture
def watch(site: str) -> Watch:
    return Watch(origins=[site])


@pytest.fixture
def browse(chromium: Browser, hold: Hold, watch: Watch) -> Iterator[Browse]:
    """Open a page in a browser of its own, which remembers nothing; no page may do what the watch notes."""
    with ExitStack() as contexts:

        def open_page(**options: Any) -> Page:
            context = contexts.enter_context(chromium.new_context(**{"viewport": WINDOW} | options))
            context.set_default_timeout(LONGEST_WAIT_MS)
            watch.over(context)
            return context.new_page()

        yield open_page
    assert watch.unexpected() == []


@pytest.fixture
def page(browse: Browse) -> Page:
    return browse()


@pytest.fixture
def customer(page: Page, site: str) -> Customer:
    return Customer(page, site)


@pytest.fixture
def stage(customer: Customer, provider: FakeProvider, hold: Hold, watch: Watch) -> Stage:
    return Stage(customer, provider, hold, watch)


@pytest.fixture
def plain(browse: Browse, site: str, provider: FakeProvider, hold: Hold, watch: Watch) -> Stage:
    """The stage with a browser that runs no script."""
    return Stage(Customer(browse(java_script_enabled=False), site), provider, hold, watch)


@pytest.fixture
def line(site: str, watch: Watch) -> Iterator[Line]:
    """A line to the service that a test may cut."""
    with line_to(site) as line:
        watch.origins.append(line.url)
        yield line


@pytest.fixture
def distant(page: Page, line: Line) -> Customer:
    """A customer at the other end of the line."""
    return Customer(page, line.url)
