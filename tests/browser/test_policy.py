"""The Content-Security-Policy blocks injected content, and the monitor notes it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from tests.browser.customer import Customer
from tests.browser.monitor import Monitor

POLICY = "content-security-policy"
INJECTIONS = {
    "script": ("<script>window.ran = true</script>", "window.ran === true"),
    "handler": ('<img src="data:," onerror="window.ran = true" alt="">', "window.ran === true"),
    "style": ("<style>h1 { color: rgb(1, 2, 3) }</style>", "getComputedStyle(h1).color === 'rgb(1, 2, 3)'"),
    "style attribute": ("<p id=h style='color: rgb(1, 2, 3)'>", "getComputedStyle(h).color === 'rgb(1, 2, 3)'"),
}


def serve_with(injection: str, *, policy: bool) -> Callable[[Route], None]:
    """Serve the real page with injected content, with or without the real policy."""

    def fulfill(route: Route) -> None:
        answer = route.fetch()
        headers = (
            answer.headers if policy else {name: answer.headers[name] for name in answer.headers.keys() - {POLICY}}
        )
        body = answer.text().replace("<h1>", "<h1 id=h1>").replace("</main>", f"{injection}</main>")
        route.fulfill(response=answer, headers=headers, body=body)

    return fulfill


def runs(page: Page, effect: str) -> bool:
    page.wait_for_load_state()
    answer: bool = page.evaluate(effect)
    return answer


def test_policy_blocks_injected_content(customer: Customer, monitor: Monitor, subtests: pytest.Subtests) -> None:
    for name, (injection, effect) in INJECTIONS.items():
        with subtests.test(name):
            monitor.notes.clear()
            customer.page.route("**/", serve_with(injection, policy=True))
            customer.open()
            assert not runs(customer.page, effect)
            assert any("Content Security Policy" in note for note in monitor.notes)
        customer.page.unroute("**/")

    monitor.expect("Content Security Policy")


def test_injected_content_runs_without_the_policy(customer: Customer, subtests: pytest.Subtests) -> None:
    for name, (injection, effect) in INJECTIONS.items():
        with subtests.test(name):
            customer.page.route("**/", serve_with(injection, policy=False))
            customer.open()
            assert runs(customer.page, effect)
        customer.page.unroute("**/")


def test_policy_blocks_requests_to_other_hosts(customer: Customer, monitor: Monitor) -> None:
    customer.open()

    stopped = customer.page.evaluate("fetch('https://elsewhere.test/').then(() => false, () => true)")

    assert stopped
    assert any("elsewhere.test" in note for note in monitor.notes)
    monitor.expect("elsewhere.test", "Content Security Policy")
