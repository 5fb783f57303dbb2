"""Places: every request but a probe holds one, and a request without one is refused at no cost."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from access.admission import AdmissionMiddleware
from tests.conftest import REPORT, Decide, report
from tests.fakes import FakeProvider
from tests.interfaces.conftest import BROWSER, has_text, hidden, problem

pytestmark = pytest.mark.django_db

READS, DECISIONS = 2, 1
RESULT = "/rotation/trace_00000000000000000000000000"
Result = TypeVar("Result")


@pytest.fixture(autouse=True)
def _few_places(settings: Settings) -> None:
    settings.READS_IN_FLIGHT, settings.DECISIONS_IN_FLIGHT = READS, DECISIONS


def beside(others: int, call: Callable[[], Result]) -> Result:
    """Make a call while so many other requests are being answered."""
    results: list[Result] = []

    def answer(_request: HttpRequest) -> HttpResponse:
        results.append(beside(others - 1, call))
        return HttpResponse()

    if not others:
        return call()
    AdmissionMiddleware(answer)(RequestFactory().get("/"))
    return results[0]


def test_requests_hold_the_places_for_reads_and_those_that_no_decision_needs(client: Client) -> None:
    last = beside(READS + DECISIONS - 1, lambda: client.get(RESULT))
    refused = beside(READS + DECISIONS, lambda: client.get(RESULT))
    afterwards = beside(READS + DECISIONS - 1, lambda: client.get(RESULT))

    assert (last.status_code, afterwards.status_code) == (404, 404)
    assert problem(refused, 503)["type"] == "urn:problem-type:too-many-waiting"
    assert refused["Retry-After"] == "5"


def test_a_decision_holds_one_of_its_own_places_alone(decide: Decide, client: Client, provider: FakeProvider) -> None:
    statuses: list[int] = []

    def read_in_a_crowd() -> None:
        statuses.extend(beside(others, lambda: client.get(RESULT)).status_code for others in (READS - 1, READS))

    provider.meanwhile = read_in_a_crowd

    # The second one finds all places for reads taken, and begins in the place that it keeps.
    assert [decide().status_code, beside(READS, decide).status_code] == [200, 200]
    assert statuses == [404, 503, 503, 503]


@pytest.mark.parametrize("access", ["open", "members"])
def test_without_a_place_a_posted_form_keeps_its_text_and_nothing_is_read(
    access: str, settings: Settings, admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.ACCESS = access
    form = report() | {"submission_key": "the-key-of-this-form", "item": ""}
    accept = {"Accept": BROWSER}

    with django_assert_num_queries(0):
        posted = beside(READS + DECISIONS, lambda: admin_client.post("/", form, headers=accept))
        opened, unknown = (
            beside(READS + DECISIONS, lambda path=path: admin_client.get(path, headers=accept))  # type: ignore[misc]
            for path in ("/", "/nowhere")
        )

    assert (posted.status_code, posted["Retry-After"]) == (503, "5")
    assert has_text(posted, REPORT)
    assert hidden(posted, "submission_key") == "the-key-of-this-form"
    assert "data-crowded" in posted.text
    assert (opened.status_code, opened["Retry-After"], unknown.status_code) == (503, "5", 404)
    assert "data-crowded" not in opened.text
