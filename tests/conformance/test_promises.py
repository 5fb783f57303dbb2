"""The promises of docs/new-workflow.md, for every registered workflow."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from boundary.failures import ProviderRefused, ProviderTimeout
from decisions.decide import decide
from decisions.recheck import objection
from decisions.sentences import whom_to_ask
from decisions.stored import answer_of, facts_of
from decisions.workflow import Judgement, Workflow
from tests.conformance.conftest import CANARY, Site
from tests.interfaces.conftest import ledger_refusing
from tests.torture.broken_json import TOKENS
from traces.codes import ErrorCode, Source
from traces.entries import Completed, Submission
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

# The text names a number that no report holds.
OTHER_TYPES: tuple[object, ...] = (None, {}, [[]], 0.5, f"{CANARY} 47110815")
HOSTILE = (
    "",
    "null",
    "[]",
    "{}",
    "NaN",
    "[" * 10_000,
    '"text"',
    "\ud800",
    "eligible",
    "<think>x</think>{}",
    "```{}```",
)


def altered(answer: str) -> Iterator[str]:
    """Yield the answer with each of its fields missing, twice, null, of another type or renamed, and with one more."""
    fields: dict[str, Any] = json.loads(answer)
    for name, value in fields.items():
        rest = {key: each for key, each in fields.items() if key != name}
        yield json.dumps(rest)
        yield json.dumps(rest | {f"{name}_": value})
        yield f"{answer[:-1]}, {json.dumps(name)}: {json.dumps(value)}}}"
        for other in OTHER_TYPES:
            yield json.dumps(fields | {name: other})
    yield json.dumps(fields | {"reason": "because"})
    yield f"{answer} and more"
    yield f"```json\n{answer}\n```"


def test_altered_answers_are_refused_with_a_known_reason(site: Site) -> None:
    answers = [*HOSTILE, *altered(site.right_answer)]

    for answer in answers:
        site.provider.says = answer
        assert site.send().json()["status"] == "failed", answer

    rows = TraceRecord.objects.values_list("status", "error_code", "error_reason")
    assert {(status, code) for status, code, _ in rows} == {("failed", ErrorCode.INVALID_DECISION.value)}
    assert {reason for _, _, reason in rows} <= set(site.workflow.reasons)
    assert len(rows) == len(answers)


def test_failed_call_ends_in_one_failed_row(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    faults = (ProviderTimeout(), ProviderRefused(), TimeoutError(), RuntimeError(CANARY))

    for number, fault in enumerate(faults, start=1):
        site.provider.says = fault
        body = site.send().json()
        trace = TraceRecord.objects.latest("started_at")
        assert (body["status"], trace.status, TraceRecord.objects.count()) == ("failed", "failed", number), fault
        sentence = site.workflow.sentences[trace.error_code or ""]
        no_retry = f"{sentence} Trying again will not help. {whom_to_ask(site.workflow)}"
        assert body["error"] == (no_retry if isinstance(fault, ProviderRefused) else sentence), fault

    assert CANARY not in str(caplog.messages)


def test_stopped_process_closes_its_row(site: Site) -> None:
    site.provider.says = KeyboardInterrupt()

    with pytest.raises(KeyboardInterrupt):
        site.send()

    assert TraceRecord.objects.get().error_code == ErrorCode.INTERRUPTED


def test_request_makes_one_call_and_two_writes(site: Site) -> None:
    with CaptureQueriesContext(connection) as queries:
        site.send()

    verbs = [query["sql"].split()[0] for query in queries.captured_queries]
    writes = ["INSERT", "UPDATE", *(["INSERT"] if site.workflow.products else [])]
    assert [verb for verb in verbs if verb in {"INSERT", "UPDATE", "DELETE"}] == writes
    assert len(site.provider.asked) == 1


def test_submission_sent_twice_is_decided_once(site: Site) -> None:
    key = {"Idempotency-Key": "a-key-of-mine"}

    first, second = site.send(None, **key), site.send(None, **key)
    other = site.send(site.with_text("Another text than the one before."), **key)

    assert first.json() == second.json()
    assert (other.status_code, TraceRecord.objects.count(), len(site.provider.asked)) == (422, 1, 1)


def test_limit_refuses_before_any_cost_and_the_page_keeps_the_text(site: Site, subtests: pytest.Subtests) -> None:
    site.send()
    for name in ("SUBMITTER_DECISIONS_PER_MINUTE", "DECISIONS_PER_DAY"):
        with subtests.test(name), override_settings(**{name: 1}):
            refused = site.send()
            page = site.client.post(site.form_address, site.with_text("This text must stay in the form."))

            assert refused.json()["type"] == "urn:problem-type:too-many-decisions"
            assert [each.status_code for each in (refused, page)] == [429, 429]
            assert int(refused["Retry-After"]) > 0
            assert "This text must stay in the form." in page.text
            assert (TraceRecord.objects.count(), len(site.provider.asked)) == (1, 1)


def test_failed_trace_is_retried_under_its_shown_id(site: Site) -> None:
    site.provider.says = TimeoutError()
    site.send()
    failed = TraceRecord.objects.get()

    for shown in (site.workflow.shown_id(failed.trace_id), failed.trace_id):
        form = site.client.get(site.form_address, {"retry_of": shown}, headers={"Accept": "text/html"})
        assert f'name="retry_of" value="{site.workflow.shown_id(failed.trace_id)}"' in form.text
        assert site.send(None, **{"Retry-Of": shown}).status_code == 200

    assert TraceRecord.objects.filter(retry_of=failed.trace_id).count() == 2


def test_text_is_in_no_column_log_line_or_page(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    site.send(site.with_text(f"{CANARY} is in this text, which is long enough."))

    trace = TraceRecord.objects.get()
    page = site.client.get(site.result_address(trace.trace_id), headers={"Accept": "text/html"})
    assert CANARY not in str(TraceRecord.objects.values().get())
    assert CANARY not in caplog.text
    assert CANARY not in page.text
    assert page.status_code == 200


def test_stored_row_is_read_back_and_passes_recheck(site: Site) -> None:
    site.send()

    trace = TraceRecord.objects.get()
    assert trace.status == "completed"
    assert isinstance(facts_of(trace), site.workflow.facts)
    assert isinstance(answer_of(trace), site.workflow.prompts[trace.prompt_version].closed_answer)
    assert objection(site.workflow, trace, trace.decision) is None


def test_only_the_closed_fields_of_an_answer_are_stored(site: Site) -> None:
    prompt = site.workflow.prompts[site.provider.prompt_version]
    site.send()

    stored = TraceRecord.objects.get().answer
    assert stored is not None
    assert set(stored) == set(prompt.closed_answer.model_fields)


def test_malformed_bodies_are_refused_without_a_row_or_call(site: Site) -> None:
    """Each token replaces the document, a key, and each field."""
    names = list(site.example)
    fields = [json.dumps(site.example).encode()[:-1] + f', "{name}": '.encode() for name in names]

    for token in TOKENS:
        for body in (token, b"{" + token + b": 1}", *(field + token + b"}" for field in fields)):
            response = site.send(body)
            assert 400 <= response.status_code < 500, body
            assert response["Content-Type"] == "application/problem+json", body

    assert not TraceRecord.objects.exists()
    assert site.provider.asked == []


def test_body_limit_of_the_workflow_applies(site: Site) -> None:
    limit = site.workflow.report.body_limit_bytes
    body = json.dumps(site.example)

    assert site.send(body.ljust(limit)).status_code == 200
    assert site.send(body.ljust(limit + 1)).status_code == 413


def test_sent_form_leads_to_its_result(site: Site) -> None:
    page = site.client.get(site.form_address, headers={"Accept": "text/html"})

    sent = site.client.post(site.form_address, site.example, headers={"Accept": "text/html"})

    assert page.status_code == 200
    assert (sent.status_code, sent["Location"]) == (303, site.result_address(TraceRecord.objects.get().trace_id))


def test_failed_form_of_each_workflow_keeps_its_text(site: Site) -> None:
    site.provider.says = TimeoutError()

    page = site.client.post(site.form_address, site.with_text("This text must stay in the form."))

    trace = TraceRecord.objects.get()
    assert "This text must stay in the form." in page.text
    assert site.workflow.shown_id(trace.trace_id) in page.text
    assert page["Content-Location"] == site.result_address(trace.trace_id)


def test_result_has_only_its_own_address(site: Site, workflow: Workflow) -> None:
    site.send()
    trace = TraceRecord.objects.get()
    address = site.result_address(trace.trace_id)

    assert address.endswith(f"/{workflow.shown_id(trace.trace_id)}")
    assert site.client.get(address).json()["status"] == "completed"
    assert site.client.get(address.replace(workflow.shown_id(trace.trace_id), "task_" + "0" * 26)).status_code == 404
    assert site.client.get(site.result_address(new_trace_id())).status_code == 404


def test_unfit_answer_of_a_workflow_is_not_stored(site: Site) -> None:
    """A mistake in a workflow's own code closes the row as our fault; its text is in no column."""
    ending = Completed(decision="unfit", policy_line_ids=(), answer={"password": "hunter2"})
    unfit = replace(site.workflow, judge=lambda *_asked: Judgement(ending))
    report = site.workflow.report.model_validate(site.example)

    trace = decide(
        unfit,
        report,
        provider=site.provider,
        find_facts=lambda now: site.workflow.find_facts(report, lambda _account: True, now),
        submission=Submission(source=Source.API, submitter="open"),
    )

    assert (trace.error_code, trace.answer) == (ErrorCode.INTERNAL_ERROR, None)


def test_unavailable_ledger_names_the_shown_id(site: Site) -> None:
    with ledger_refusing("UPDATE"):
        response = site.send()

    assert response.status_code == 503
    assert response.json()["trace_id"] == site.workflow.shown_id(TraceRecord.objects.get().trace_id)


def test_response_in_another_type_is_refused_before_any_cost(site: Site) -> None:
    site.send()
    trace = TraceRecord.objects.get()
    address = site.result_address(trace.trace_id)

    for accept in ("application/xml", "image/png, text/plain"):
        read = site.client.get(address, headers={"Accept": accept})
        for refused in (read, site.send(None, Accept=accept), site.send("{", Accept=accept)):
            assert (refused.status_code, refused["Content-Type"]) == (406, "application/problem+json"), accept
    for accept in ("text/html", "*/*", "application/xml, */*;q=0.1", ""):
        assert site.send(None, Accept=accept)["Content-Type"] == "application/json", accept

    assert (TraceRecord.objects.count(), len(site.provider.asked)) == (5, 5)
