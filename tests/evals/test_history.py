"""The history of runs in the admin, and eval traces among the operators' own."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from evals.models import EvalRun
from tests.ledger.rows import COMPLETED_ROW, LATER, NOW, closed_row
from traces.codes import Source
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

LIST = "/admin/evals/evalrun/"
TRACES = "/admin/traces/tracerecord/"
FIGURES = {
    "passed": 54,
    "measured": 60,
    "low": 0.7985,
    "high": 0.9534,
    "faults": 3,
    "unsupported_eligible": 0,
    "pass_hat": None,
    "models": ["model-1-0301"],
    "provider_ms": [812, 1930],
}
OUTCOME = {
    "name": "a-right-one",
    "attempt": 1,
    "said": "eligible",
    "passed": True,
    "measured": True,
    "decision_holds": True,
    "evidence_holds": True,
    "trace_holds": True,
    "unsupported_eligible": False,
    "trace_id": "trace_0123456789abcdefghjkmnpqrs",
}
WRONG = OUTCOME | {"name": "a-wrong-one", "said": "not_eligible", "passed": False, "decision_holds": False}


def run(**changes: Any) -> EvalRun:
    known = {
        "suite": "rotations",
        "suite_digest": "0123456789ab",
        "split": "gate",
        "prompt_version": "rotation_decision@1",
        "policy_version": "policy@1",
        "provider": "openai",
        "model": "model-1",
        "release": "1.2.3",
        "gate_holds": True,
        "whole_split": True,
        "figures": FIGURES,
        "outcomes": [OUTCOME, WRONG],
        "started_at": NOW,
        "finished_at": LATER,
    }
    return EvalRun.objects.create(**known | changes)


def test_the_list_shows_what_was_asked_and_the_pass_rate_with_its_interval(admin_client: Client) -> None:
    run()

    page = admin_client.get(LIST)

    for shown in ("rotations", "gate", "rotation_decision@1", "openai model-1", "54 of 60 (79.8% to 95.3%)"):
        assertContains(page, shown)


def test_the_latest_run_stands_first(admin_client: Client) -> None:
    run(suite="earlier")
    run(suite="later", started_at=NOW + timedelta(days=1))

    page = admin_client.get(LIST).text

    assert page.index('field-suite">later') < page.index('field-suite">earlier')


def test_more_runs_cost_no_more_queries(
    admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        run()

    with django_assert_max_num_queries(10):
        admin_client.get(LIST)


def test_a_run_shows_its_figures(admin_client: Client) -> None:
    page = admin_client.get(f"{LIST}{run().pk}/change/")

    for cell in ("<td>unsupported eligible</td><td>0</td>", "<td>low</td><td>79.8%</td>"):
        assertContains(page, cell)
    for cell in ("<td>pass hat</td><td>-</td>", "<td>provider ms</td><td>812, 1930</td>"):
        assertContains(page, cell)


def test_failing_cases_stand_first(admin_client: Client) -> None:
    page = admin_client.get(f"{LIST}{run().pk}/change/").text

    assert page.index("a-wrong-one") < page.index("a-right-one")


def test_an_outcome_links_to_its_trace(admin_client: Client) -> None:
    trace = TraceRecord.objects.create(**COMPLETED_ROW, trace_id="trace_22e4567890abcdefghjkmnpqrs")
    judged = run(outcomes=[OUTCOME | {"trace_id": trace.pk}, OUTCOME | {"trace_id": None}])

    page = admin_client.get(f"{LIST}{judged.pk}/change/")
    [address] = re.findall(f'href="([^"]+)">{trace.pk}</a>', page.text)

    assertContains(admin_client.get(address), trace.pk)


def test_what_an_outcome_says_is_escaped(admin_client: Client) -> None:
    hostile = run(outcomes=[OUTCOME | {"said": "<script>x</script>"}], figures=FIGURES | {"models": ["<b>m</b>"]})

    page = admin_client.get(f"{LIST}{hostile.pk}/change/")

    assertContains(page, "&lt;script&gt;x&lt;/script&gt;")
    assertContains(page, "&lt;b&gt;m&lt;/b&gt;")


def test_a_run_needs_no_inline_style_or_script(admin_client: Client) -> None:
    table = admin_client.get(f"{LIST}{run().pk}/change/").text.partition("<table>")[2].rpartition("</table>")[0]

    assert "<td>a-right-one</td>" in table
    assert not [forbidden for forbidden in (" style=", "<style", "<script", " onclick") if forbidden in table]


@pytest.mark.parametrize("page", ["add/", "{id}/change/", "{id}/delete/"], ids=["add", "change", "delete"])
def test_nobody_writes_history(admin_client: Client, page: str) -> None:
    before = run()

    response = admin_client.post(LIST + page.format(id=before.pk), {"gate_holds": "", "post": "yes"})

    assert response.status_code == 403
    assert EvalRun.objects.get().gate_holds


def test_a_plain_user_is_sent_to_the_login(client: Client) -> None:
    client.force_login(User.objects.create_user("customer"))

    response = client.get(LIST)

    assertRedirects(response, f"/admin/login/?next={LIST}", fetch_redirect_response=False)


@pytest.mark.parametrize("source", [Source.WEB, Source.API])
def test_the_list_of_traces_leaves_evals_out(admin_client: Client, source: Source) -> None:
    customers, evals = closed_row(source=source), closed_row(source=Source.EVAL)

    page = admin_client.get(TRACES, {"status__exact": "all"})

    assertContains(page, customers.pk)
    assertNotContains(page, evals.pk)
    assertContains(page, "All but evals")


@pytest.mark.parametrize("source", Source)
def test_a_chosen_source_is_shown_alone(admin_client: Client, source: Source) -> None:
    rows = {each: closed_row(source=each) for each in Source}

    page = admin_client.get(TRACES, {"status__exact": "all", "source__exact": source}).text

    assert [each for each, row in rows.items() if row.pk in page] == [source]


def test_a_whole_id_finds_the_trace_of_an_eval(admin_client: Client) -> None:
    evals = closed_row(source=Source.EVAL)

    found = admin_client.get(TRACES, {"q": evals.pk}, follow=True)

    assertContains(found, evals.pk)
    assert "change" in found.request["PATH_INFO"]
