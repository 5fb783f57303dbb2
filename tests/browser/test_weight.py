"""The first visit loads under 30 kB: page, stylesheet, script and icon, uncompressed."""

from playwright.sync_api import Response

from tests.browser.customer import Customer

MOST_BYTES = 30_000


def test_first_visit_is_under_30_kb(customer: Customer) -> None:
    responses: list[Response] = []
    customer.page.on("response", lambda response: responses.append(response))  # noqa: PLW0108 - no builtin is taken

    customer.open()
    customer.page.wait_for_load_state("networkidle")

    weights = {response.url.rpartition("/")[2] or "page": len(response.body()) for response in responses}
    print(f"first visit: {sum(weights.values()):,} of {MOST_BYTES:,} bytes, {weights}")  # noqa: T201 - a promise's number
    assert weights.keys() == {"page", "site.css", "page.js", "favicon.svg"}
    assert sum(weights.values()) < MOST_BYTES
