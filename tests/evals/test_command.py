"""`manage.py eval`: exit codes, output, and the history."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command

from boundary.exchange import ProviderReply
from boundary.failures import ProviderRefused, ProviderRejected, ProviderUnreachable
from decisions import providers
from evals.models import EvalRun
from rotation.contract import CredentialFacts, RotationReport
from tests.evals.conftest import RightProvider, Run, line, run
from tests.fakes import FakeProvider, answer
from tests.interfaces.conftest import ledger_refusing
from traces.entries import Usage
from traces.models import TraceRecord

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def test_a_run_whose_first_calls_are_rejected_alike_stops(suite: Path, provider: FakeProvider) -> None:
    provider.says = ProviderRejected(usage=Usage(provider_status=401, provider_code="invalid_api_key"))

    ended = run(suite, "--repeat", "5", "--jobs", "1")

    assert ended.code == 2
    assert ended.output.startswith("The first 10 calls were rejected alike: HTTP 401, invalid_api_key.")
    assert len(provider.calls) <= 12
    assert not EvalRun.objects.exists()


def test_a_run_whose_calls_are_rejected_for_several_reasons_goes_on(suite: Path, provider: FakeProvider) -> None:
    provider.says = ProviderRejected()
    provider.meanwhile = lambda: setattr(provider, "says", ProviderRefused())

    ended = run(suite, "--repeat", "2", "--jobs", "1")

    assert "rejected alike" not in ended.output
    assert len(provider.calls) == 12


def test_right_answers_hold_the_gate_and_their_run_is_stored_with_its_figures(
    suite: Path, gate: Callable[..., None], right: RightProvider, tmp_path: Path
) -> None:
    gate(low=0.5, wrong=0)

    ended = run(suite, "--split", "gate", "--report", tmp_path / "report.html", provider="right")

    assert ended.code == 0
    for shown in ("The gate holds.", "6/6 = 100.0% (95 % 61.0% to 100.0%)", "unsupported eligible  0"):
        assert shown in ended.output
    assert "The gate holds." in (tmp_path / "report.html").read_text()
    kept = EvalRun.objects.get()
    assert (kept.suite, kept.split, kept.gate_holds, kept.whole_split) == ("small", "gate", True, True)
    assert (kept.prompt_version, kept.provider, kept.model) == ("rotation_decision@1", "fake", "fake-model")
    assert (kept.figures["passed"], kept.figures["measured"], kept.figures["models"]) == (6, 6, ["fake-model-2"])
    assert "is stale" not in json.dumps(kept.outcomes)
    assert TraceRecord.objects.filter(pk=kept.outcomes[0]["trace_id"]).exists()


@pytest.mark.parametrize(
    ("says", "lines"),
    [
        (
            answer("needs_review"),
            ["✗ eligible-a: needs_review, not eligible (decision). Why of eligible-a.", "The pass rate may be as low"],
        ),
        (
            answer(),
            [
                "4 unsupported eligible; at most 0 may be.",
                "✗ needs-review-a: eligible, not needs_review (UNSUPPORTED ELIGIBLE).",
            ],
        ),
        (answer(lines=["P-9"]), ["✗ eligible-a: missing_evidence, not eligible (decision, evidence)."]),
    ],
    ids=["wrong", "unsupported", "wrong citation"],
)
def test_a_wrong_answer_falls_short_and_is_printed_with_its_why(
    suite: Path, gate: Callable[..., None], provider: FakeProvider, says: str, lines: list[str]
) -> None:
    gate(low=0.5, wrong=0)
    provider.says = says

    ended = run(suite)

    assert ended.code == 1
    assert [line for line in lines if line not in ended.output] == []


def test_a_missing_trace_falls_short(suite: Path, gate: Callable[..., None], right: RightProvider) -> None:
    right.meanwhile = lambda: TraceRecord.objects.all().delete()

    ended = run(suite, "--jobs", "1", provider="right")

    assert ended.code == 1
    assert "✗ eligible-a: no trace, not eligible (decision, evidence, trace)." in ended.output


def test_an_outage_measures_nothing(suite: Path, gate: Callable[..., None], provider: FakeProvider) -> None:
    provider.says = ProviderUnreachable()

    ended = run(suite)

    assert ended.code == 2
    assert "? could not measure 6: provider_unreachable" in ended.output
    assert "The provider failed 6 of 6 calls; that measures nothing." in ended.output
    assert not EvalRun.objects.get().gate_holds


@pytest.mark.parametrize("chosen", [["--case", "nothing-*"], ["--tag", "nothing"], ["--split", "dev"]])
def test_without_a_chosen_case_nothing_is_judged(
    suite: Path, gate: Callable[..., None], provider: FakeProvider, chosen: list[str]
) -> None:
    ended = run(suite, *chosen)

    assert ended.code == 2
    assert "No case was chosen" in ended.output
    assert not EvalRun.objects.exists()


def test_a_bad_suite_is_refused_with_exit_code_2(tmp_path: Path, provider: FakeProvider) -> None:
    for content in ("", "\n", "not json", line("a") + "\n" + line("a")):
        (tmp_path / "bad.jsonl").write_text(content)

        ended = run(tmp_path / "bad.jsonl")

        assert (ended.code, ended.output[:10]) == (2, "bad.jsonl:"), content
    assert run("no-such-suite") == Run(2, "no-such-suite: there is no such suite and no such file")
    assert not provider.calls


@dataclass
class RaisingAt(RightProvider):
    """Raise at these calls, the first of which is 0."""

    fails: range = range(2, 99)
    fault: type[BaseException] = KeyboardInterrupt
    made: int = -1

    def decide(self, report: RotationReport, facts: CredentialFacts) -> ProviderReply:
        self.made += 1
        if self.made in self.fails:
            raise self.fault
        return super().decide(report, facts)


def test_a_stopped_run_prints_what_was_finished(
    suite: Path, gate: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "stopping", lambda *_: RaisingAt())

    ended = run(suite, "--jobs", "1", provider="stopping")

    assert ended.code == 2
    assert "The run was stopped before its end; nothing is judged." in ended.output
    assert "passed                2/2" in ended.output
    assert not EvalRun.objects.exists()


def test_calls_are_made_several_at_a_time(suite: Path, gate: Callable[..., None], right: RightProvider) -> None:
    met = Barrier(3, timeout=10)
    right.meanwhile = met.wait

    ended = run(suite, "--jobs", "3", provider="right")

    assert "6/6" in ended.output


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("source", "api"), ("workflow", "other"), ("prompt_version", "rotation_decision@9")),
        *(("policy_version", "policy@9"), ("fingerprint_key_id", "other"), ("input_fingerprint", "0" * 32)),
    ],
)
def test_a_stored_trace_with_other_values_falls_short(
    suite: Path, gate: Callable[..., None], right: RightProvider, column: str, value: str
) -> None:
    right.meanwhile = lambda: TraceRecord.objects.filter(status="running").update(**{column: value})

    ended = run(suite, "--jobs", "1", provider="right")

    assert ended.code == 1
    assert "stored trace holds    0/6" in ended.output
    assert "decision holds        6/6" in ended.output


def test_a_missing_history_is_reported_before_any_call_and_a_run_that_is_not_stored_is_not_judged(
    suite: Path, gate: Callable[..., None], provider: FakeProvider
) -> None:
    table = EvalRun._meta.db_table
    with ledger_refusing("SELECT", table=table):
        assert run(suite) == Run(2, "The ledger cannot be reached.")
    assert not provider.calls

    with ledger_refusing("INSERT", table=table):
        assert run(suite) == Run(2, "The ledger cannot be reached.")


def test_a_run_with_a_fault_is_not_stored_as_a_whole_split(
    suite: Path, gate: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "failing", lambda *_: RaisingAt(fails=range(1), fault=ProviderUnreachable))

    run(suite, "--split", "gate", "--jobs", "1", provider="failing")

    kept = EvalRun.objects.get()
    assert (kept.figures["measured"], kept.figures["faults"], kept.whole_split) == (5, 1, False)


def test_repeats_are_printed_and_do_not_narrow_the_interval(
    suite: Path, gate: Callable[..., None], right: RightProvider
) -> None:
    ended = run(suite, "--repeat", "3", "--jobs", "3", provider="right")

    assert "pass^3                100.0% of cases pass every time" in ended.output
    assert "6/6 = 100.0% (95 % 61.0% to 100.0%)" in ended.output
    rows = TraceRecord.objects.all()
    assert len(rows) == 18
    assert {(row.source, row.submitter, row.status) for row in rows} == {("eval", "eval", "completed")}


@pytest.mark.parametrize("chosen", [["--split", "gate", "--case", "*"], ["--split", "gate", "--tag", "stale"], []])
def test_a_selection_is_not_stored_as_a_whole_split(
    suite: Path, gate: Callable[..., None], right: RightProvider, chosen: list[str]
) -> None:
    run(suite, *chosen, provider="right")

    assert not EvalRun.objects.get().whole_split


def test_a_run_of_the_rules_says_that_no_model_was_measured() -> None:
    ended = run("--split", "gate", provider="rules")

    assert ended.code == 0
    assert "The gate holds." not in ended.output
    last = "Only the built-in rules were judged, against a lower threshold: this says nothing of a model.\n"
    assert ended.output.endswith(f"\nThe gate of the built-in rules holds.\n{last}")


def test_an_option_that_makes_no_sense_is_refused(subtests: pytest.Subtests) -> None:
    for wrong in (["--jobs", "0"], ["--repeat", "x"], ["--split", "test"], ["--prompt", "none"]):
        with subtests.test(str(wrong)), pytest.raises(CommandError):
            call_command("eval", *wrong)
    assert run(provider="openai") == Run(2, "openai needs OPENAI_MODEL and OPENAI_API_KEY or OPENAI_API_KEY_FILE.")


def test_a_run_says_when_it_began_how_long_it_took_and_what_it_must_reach(
    suite: Path, gate: Callable[..., None], right: RightProvider
) -> None:
    gate(low=0.5)

    output = run(suite, provider="right").output

    assert re.match(r"run       \d{4}-\d\d-\d\d \d\d:\d\d UTC, \d+ s\n", output)
    assert "\nthreshold             the low end must reach 50%\n" in output
