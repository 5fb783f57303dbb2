"""The Content-Security-Policy is in force: what is not ours does not run, and the watch hears of it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from tests.browser.customer import Customer
from tests.browser.watch import Watch

POLICY = "content-security-policy"
STRANGERS = {
    "script": ("<script>window.ran = true</script>", "window.ran === true"),
    "handler": ('<img src="data:," onerror="window.ran = true" alt="">', "window.ran === true"),
    "style": ("<style>h1 { color: rgb(1, 2, 3) }</style>", "getComputedStyle(h1).color === 'rgb(1, 2, 3)'"),
    "style attribute": ("<p id=h style='color: rgb(1, 2, 3)'>", "getComputedStyle(h).color === 'rgb(1, 2, 3)'"),
}


def injecting(stranger: str, *, policy: bool) -> Callable[[Route], None]:
    """Serve the real page with something in it that we did not write, with or without the real policy."""

    def fulfill(route: Route) -> None:
        answer = route.fetch()
        headers = (
            answer.headers if policy else {name: answer.headers[name] for name in answer.headers.keys() - {POLICY}}
        )
        body = answer.text().replace("<h1>", "<h1 id=h1>").replace("</main>", f"{stranger}</main>")
        route.fulfill(response=answer, headers=headers, body=body)

    return fulfill


def runs(page: Page, effect: str) -> bool:
    page.wait_for_load_state()
    answer: bool = page.evaluate(effect)
    return answer


@pytest.mark.parametrize(("stranger", "effect"), STRANGERS.values(), ids=STRANGERS)
def test_what_is_not_ours_is_stopped_and_told(customer: Customer, watch: Watch, stranger: str, effect: str) -> None:
    customer.page.route("**/", injecting(stranger, policy=True))

    customer.open()

    assert not runs(customer.page, effect)
    assert any("Content Security Policy" in note for note in watch.notes)
    watch.expect("Content Security Policy")


@pytest.mark.parametrize(("stranger", "effect"), STRANGERS.values(), ids=STRANGERS)
def test_without_the_policy_it_would_run(customer: Customer, stranger: str, effect: str) -> None:
    customer.page.route("**/", injecting(stranger, policy=False))

    customer.open()

    assert runs(customer.page, effect)


def test_another_host_is_not_asked(customer: Customer, watch: Watch) -> None:
    customer.open()

    stopped = customer.page.evaluate("fetch('https://elsewhere.test/').then(() => false, () => true)")

    assert stopped
    assert any("elsewhere.test" in note for note in watch.notes)
    watch.expect("elsewhere.test", "Content Security Policy")
