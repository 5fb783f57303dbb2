"""The history of runs in the admin, and where the list of traces shows the traces of evals."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertRedirects

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
        "policy_version": "policy@2",
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


def test_the_list_shows_what_was_asked_and_the_pass_rate_with_its_interval_latest_first(admin_client: Client) -> None:
    run(suite="earlier")
    run(suite="later", started_at=NOW + timedelta(days=1))

    page = admin_client.get(LIST)

    for shown in ("gate", "rotation_decision@1", "openai model-1", "54 of 60 (79.8% to 95.3%)"):
        assertContains(page, shown)
    assert page.text.index('field-suite">later') < page.text.index('field-suite">earlier')


def test_more_runs_cost_no_more_queries(
    admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        run()

    with django_assert_max_num_queries(10):
        admin_client.get(LIST)


def test_a_run_shows_its_figures_and_failing_cases_first_without_inline_style_or_script(admin_client: Client) -> None:
    page = admin_client.get(f"{LIST}{run().pk}/change/").text

    for cell in ("<td>unsupported eligible</td><td>0</td>", "<td>low</td><td>79.8%</td>"):
        assert cell in page
    for cell in ("<td>pass hat</td><td>-</td>", "<td>provider ms</td><td>812, 1930</td>"):
        assert cell in page
    table = page.partition("<table>")[2].rpartition("</table>")[0]
    assert table.index("<td>a-wrong-one</td>") < table.index("<td>a-right-one</td>")
    assert not [forbidden for forbidden in (" style=", "<style", "<script", " onclick") if forbidden in table]


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


def test_history_is_read_only(admin_client: Client) -> None:
    before = run()

    for page in ("add/", f"{before.pk}/change/", f"{before.pk}/delete/"):
        assert admin_client.post(LIST + page, {"gate_holds": "", "post": "yes"}).status_code == 403
    assert EvalRun.objects.get().gate_holds


def test_the_list_of_traces_leaves_evals_out_until_they_are_chosen(admin_client: Client) -> None:
    rows = {each: closed_row(source=each) for each in Source}

    def shown(**chosen: str) -> list[Source]:
        page = admin_client.get(TRACES, {"status__exact": "all", **chosen}).text
        return [each for each, row in rows.items() if row.pk in page]

    assert shown() == [Source.WEB, Source.API, Source.BATCH]
    assert [shown(source__exact=source) for source in Source] == [[source] for source in Source]
    found = admin_client.get(TRACES, {"q": rows[Source.EVAL].pk}, follow=True)
    assertContains(found, rows[Source.EVAL].pk)
    assert "change" in found.request["PATH_INFO"]


def test_a_plain_user_is_sent_to_the_login(client: Client) -> None:
    client.force_login(User.objects.create_user("customer"))

    response = client.get(LIST)

    assertRedirects(response, f"/admin/login/?next={LIST}", fetch_redirect_response=False)
