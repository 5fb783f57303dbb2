"""
What a first visit weighs and when it shows something: `python -m bench.paint`, on a phone whose CPU is 4 times slower.

Chromium opens the empty form, sends a report and lands on the result, each time as a browser that has never been here.
It prints the time to the first contentful paint and the bytes over the wire, compressed as they are. Ten rounds take
half a minute.
"""

import argparse
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from bench.instant_provider import instant_provider
from bench.lines import say, spread
from bench.ours import COMMAND, environment, manage, prepare
from bench.served import databases, serving
from tests.browser.programs import browser_arguments, find_browser

PHONE: ViewportSize = {"width": 390, "height": 844}
SLOWER = 4
REPORT = "Service-account key is older than policy and marked stale."
PAINTED_AT = """new Promise(resolve => new PerformanceObserver(seen => {
    const paint = seen.getEntriesByName("first-contentful-paint")[0];
    if (paint) resolve(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""


@dataclass
class Visit:
    """What was seen of one page; milliseconds count from when it was asked for."""

    painted_ms: float = 0
    bytes: list[int] = field(default_factory=list)


def main() -> None:
    asked = _arguments()
    program = find_browser()
    if program is None:
        raise SystemExit("Chromium is missing (apt install chromium).")
    with databases("sqlite") as places, instant_provider() as provider:
        settings = environment(database_url=places.make("paint"), provider_url=provider)
        prepare(settings)
        manage(settings, "collectstatic", "--noinput", "--verbosity", "0", "--skip-checks")
        with (
            serving(COMMAND, environment=settings, log=places.folder / "log") as server,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=program, args=browser_arguments()) as browser,
        ):
            visits = [_visit(browser, f"http://127.0.0.1:{server.port}/") for _ in range(asked.rounds + 1)][1:]
    for name in visits[0]:
        each = [visit[name] for visit in visits]
        sizes = [sum(visit.bytes) for visit in each]
        say(
            f"{name:28} first contentful paint after {spread([visit.painted_ms for visit in each], '.0f')} ms,"
            f" {len(each[0].bytes)} requests, {spread(sizes, ',.0f')} bytes over the wire"
        )


def _visit(browser: Browser, address: str) -> dict[str, Visit]:
    """Open both pages as a browser that holds nothing; that of the result knows its cookies alone."""
    with _phone(browser) as phone:
        page = phone.new_page()
        empty = _open(page, address)
        page.fill("[name=account_id]", "acct_10234")
        page.fill("[name=credential_report]", REPORT)
        page.click("form button[type=submit]")
        page.wait_for_url("**/rotation/trace_*")
        result, cookies = page.url, phone.storage_state()
    with _phone(browser, storage_state=cookies) as phone:
        return {"the empty form": empty, "a result": _open(phone.new_page(), result)}


def _phone(browser: Browser, **more: Any) -> BrowserContext:
    return browser.new_context(viewport=PHONE, is_mobile=True, device_scale_factor=3, **more)


def _open(page: Page, address: str) -> Visit:
    visit, devtools = Visit(), page.context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda told: visit.bytes.append(int(told["encodedDataLength"])))
    page.goto(address, wait_until="networkidle")
    visit.painted_ms = float(page.evaluate(PAINTED_AT))
    devtools.detach()
    return visit


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    return parser.parse_args()


if __name__ == "__main__":
    main()
