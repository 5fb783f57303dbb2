"""The sender of a ticket says once whether it is right."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from config.metrics import REGISTRY
from tests.conformance.conftest import Site
from tests.tickets.conftest import page_of
from traces.feedback import Feedback
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

Extract = Callable[..., dict[str, Any]]
JSON = "application/json"
VERDICTS = ["right", "category_wrong", "priority_wrong", "summary_wrong"]


@pytest.fixture
def browser(site: Site, settings: Settings) -> Client:
    """A browser that has sent a ticket."""
    settings.ACCESS = "open"
    site.client.get("/tickets/", headers={"Accept": "text/html"})
    page_of(site)
    return site.client


def address() -> str:
    return f"/tickets/task_{TraceRecord.objects.get().pk.partition('_')[2]}/feedback"


def counted(verdict: str) -> float:
    return REGISTRY.get_sample_value("feedback_total", {"workflow": "tickets", "verdict": verdict}) or 0


def test_page_of_a_refused_verdict_names_the_known_ones(browser: Client) -> None:
    page = browser.post(address(), {"verdict": "wonderful"}, headers={"Accept": "text/html"})

    assert (page.status_code, "named in errors" in page.text) == (422, False)
    assert f"Choose one of {', '.join(VERDICTS)}." in page.text


def test_feedback_in_another_type_is_refused_and_not_kept(browser: Client) -> None:
    refused = browser.post(address(), {"verdict": "right"}, headers={"Accept": "application/xml"})

    assert (refused.status_code, refused.json()["type"]) == (406, "urn:problem-type:not-acceptable")
    assert not Feedback.objects.exists()


def test_sender_answers_on_the_page_once(browser: Client) -> None:
    before = counted("priority_wrong")
    page = browser.get(address().removesuffix("/feedback"), headers={"Accept": "text/html"}).text

    answered = browser.post(address(), {"verdict": "priority_wrong"}, headers={"Accept": "text/html"})
    after = browser.get(answered["Location"], headers={"Accept": "text/html"}).text
    again = browser.post(address(), {"verdict": "right"}, headers={"Accept": "text/html"})

    assert [f'value="{verdict}"' in page for verdict in VERDICTS] == [True] * 4
    assert answered.status_code == 303
    assert "You have answered: The priority is wrong." in after
    assert 'name="verdict"' not in after
    assert again.status_code == 409
    assert Feedback.objects.get().verdict == "priority_wrong"
    assert str(Feedback.objects.get()) == f"feedback on {TraceRecord.objects.get().pk}"
    assert counted("priority_wrong") == before + 1


def test_program_answers_as_json_and_may_repeat_itself(site: Site, extract: Extract) -> None:
    extract()

    answers = [site.client.post(address(), {"verdict": "right"}, content_type=JSON) for _ in range(2)]

    assert [each.json() for each in answers] == [{"verdict": "right"}] * 2
    assert Feedback.objects.count() == 1


def test_another_verdict_is_no_error_of_the_database(site: Site, extract: Extract) -> None:
    """PostgreSQL would log it."""
    extract()
    site.client.post(address(), {"verdict": "right"}, content_type=JSON)

    with CaptureQueriesContext(connection) as queries:
        refused = site.client.post(address(), {"verdict": "summary_wrong"}, content_type=JSON)

    assert refused.status_code == 409
    assert [query["sql"] for query in queries if query["sql"].startswith("INSERT")] == []


def test_unknown_verdict_is_refused_without_its_words(site: Site, extract: Extract) -> None:
    extract()

    for sent in ({"verdict": "canary"}, {"verdict": ["right"]}, {"word": "canary"}, {}):
        refused = site.client.post(address(), sent, content_type=JSON)
        assert refused.status_code == 422
        assert "canary" not in refused.text
    assert not Feedback.objects.exists()


def test_only_the_sender_may_answer(browser: Client) -> None:
    stranger = Client()

    page = stranger.get(address().removesuffix("/feedback"), headers={"Accept": "text/html"})
    refused = stranger.post(address(), {"verdict": "right"}, content_type=JSON)

    assert (page.status_code, refused.status_code) == (200, 404)
    assert "Is this ticket right?" not in page.text


def test_failed_request_has_nothing_to_judge(site: Site, extract: Extract) -> None:
    site.provider.says = TimeoutError()
    extract()

    assert site.client.post(address(), {"verdict": "right"}, content_type=JSON).status_code == 409


def test_feedback_is_counted_for_operators(site: Site, extract: Extract, admin_client: Client) -> None:
    extract()
    site.client.post(address(), {"verdict": "summary_wrong"}, content_type=JSON)

    assert ">1 ticket</a> in the last 24 hours" in admin_client.get("/admin/").text


def test_feedback_is_final(site: Site, extract: Extract) -> None:
    extract()
    site.client.post(address(), {"verdict": "summary_wrong"}, content_type=JSON)

    with pytest.raises(DatabaseError, match="final"), connection.cursor() as cursor:
        cursor.execute("UPDATE traces_feedback SET verdict = 'right'")


def test_deleted_ticket_takes_no_feedback(site: Site, extract: Extract) -> None:
    call_command("erase", extract()["task_id"], stdout=StringIO())

    refused = site.client.post(address(), {"verdict": "right"}, content_type=JSON)

    assert refused.status_code == 410
    assert not Feedback.objects.exists()


def test_feedback_that_outlived_its_trace_is_pruned(site: Site, extract: Extract) -> None:
    for days_ago in (91, 1):
        created_at = timezone.now() - timedelta(days=days_ago)
        Feedback.objects.create(
            trace_id=new_trace_id(), workflow="tickets", verdict=f"{days_ago}_days_old", created_at=created_at
        )

    call_command("prune_traces", stdout=StringIO())

    assert [feedback.verdict for feedback in Feedback.objects.all()] == ["1_days_old"]


def test_feedback_is_deleted_with_its_trace(site: Site, extract: Extract) -> None:
    extract()
    site.client.post(address(), {"verdict": "right"}, content_type=JSON)
    trace = TraceRecord.objects.get()
    values = {field.attname: getattr(trace, field.attname) for field in trace._meta.concrete_fields}
    trace.delete()
    TraceRecord.objects.create(**values | {"started_at": timezone.now() - timedelta(days=91)})

    call_command("prune_traces", stdout=StringIO())

    assert (TraceRecord.objects.count(), Feedback.objects.count()) == (0, 0)
