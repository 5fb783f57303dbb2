"""
A real browser against the real service, in this process.

`make test-browser` names this folder and runs all of it. Any other run takes only the short form, on SQLite. Tests that
need a missing program do not run, and the run reports this; under CI=true it is a failure.
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
from tests.browser.monitor import Monitor
from tests.browser.pause import MOST_SECONDS, Pause
from tests.browser.programs import browser_arguments, find_browser, find_validator
from tests.browser.relay import Relay, relay_to
from tests.browser.samples import ROTATION_SAMPLE, Sample
from tests.browser.states import Stage
from tests.fakes import FakeProvider

FOLDER = Path(__file__).parent
SHORT_FORM = "test_short.py"
NOT_RUN = pytest.StashKey[dict[str, int]]()
WINDOW = {"width": 1280, "height": 800}
TIMEOUT_MS = 10_000
BROWSER_MISSING = "Chromium is missing (apt install chromium)"
VALIDATOR_MISSING = "Java or the validator of HTML is missing (apt install default-jre-headless npm; make test-browser)"


class Browse(Protocol):
    def __call__(self, **options: Any) -> Page: ...


# ---- Which tests run


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any(Path(arg.partition("::")[0]).resolve().is_relative_to(FOLDER) for arg in config.args)
    if named or collection_path.suffix != ".py":
        return None
    runs = collection_path.name == SHORT_FORM and config.getoption("database") == "sqlite"
    return None if runs else True


@pytest.fixture(scope="package")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip(BROWSER_MISSING)
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as environment:
        # Playwright runs an event loop in this thread. Without this variable Django would refuse to use the database.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with playwright.chromium.launch(executable_path=program, args=browser_arguments()) as browser:
            yield browser


@pytest.fixture(scope="package")
def validator() -> list[str]:
    """The command that validates HTML and CSS."""
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


# ---- Fixtures of the tests


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> Iterator[str]:
    """The address of the service with the demo's records. Its requests end before its data are removed."""
    settings.ROOT_URLCONF = "tests.browser.urls"
    call_command("load_demo_records", verbosity=0)
    yield live_server.url
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(MOST_SECONDS)


@pytest.fixture
def pause(site: str) -> Iterator[Pause]:
    pause = Pause()
    yield pause
    pause.release()


@pytest.fixture
def monitor(site: str) -> Monitor:
    return Monitor(origins=[site])


@pytest.fixture
def browse(chromium: Browser, pause: Pause, monitor: Monitor) -> Iterator[Browse]:
    """Open a page in a new browser context. The monitor must note nothing unexpected."""
    with ExitStack() as contexts:

        def open_page(**options: Any) -> Page:
            context = contexts.enter_context(chromium.new_context(**{"viewport": WINDOW} | options))
            context.set_default_timeout(TIMEOUT_MS)
            monitor.attach(context)
            return context.new_page()

        yield open_page
    assert monitor.unexpected() == []


@pytest.fixture
def page(browse: Browse) -> Page:
    return browse()


@pytest.fixture
def sample(request: pytest.FixtureRequest) -> Sample:
    """The workflow that the customer meets. `every_workflow` names others."""
    named: Sample = getattr(request, "param", ROTATION_SAMPLE)
    return named


@pytest.fixture
def customer(page: Page, site: str, sample: Sample) -> Customer:
    return Customer(page, site, sample)


@pytest.fixture
def stage(customer: Customer, provider: FakeProvider, pause: Pause, monitor: Monitor, settings: Settings) -> Stage:
    return Stage(customer, provider, pause, monitor, settings)


@pytest.fixture
def stage_without_script(
    browse: Browse,
    site: str,
    sample: Sample,
    provider: FakeProvider,
    pause: Pause,
    monitor: Monitor,
    settings: Settings,
) -> Stage:
    """A stage whose browser runs no script."""
    return Stage(Customer(browse(java_script_enabled=False), site, sample), provider, pause, monitor, settings)


@pytest.fixture
def relay(site: str, monitor: Monitor) -> Iterator[Relay]:
    """A connection to the service that a test can cut."""
    with relay_to(site) as relay:
        monitor.origins.append(relay.url)
        yield relay


@pytest.fixture
def remote_customer(page: Page, relay: Relay, sample: Sample) -> Customer:
    """A customer who reaches the service through the relay."""
    return Customer(page, relay.url, sample)
