"""`manage.py eval`: the right exit code with the right words, and a history that keeps what was judged."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command

from boundary.exchange import ProviderReply
from boundary.failures import ProviderUnreachable
from evals.models import EvalRun
from rotation import providers
from rotation.contract import CredentialFacts, RotationReport
from tests.evals.conftest import ByTheBook, Run, line, run
from tests.faces.conftest import ledger_refusing
from tests.fakes import FakeProvider, answer
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db(transaction=True)


def test_right_answers_hold_the_gate(suite: Path, gate: Callable[..., None], right: ByTheBook) -> None:
    gate(low=0.5, wrong=0)

    ended = run(suite, provider="right")

    assert ended.code == 0
    assert "The gate holds." in ended.told
    assert "6/6 = 100.0%" in ended.told
    assert "unsupported eligible  0" in ended.told


def test_a_wrong_answer_falls_short_and_is_told_with_its_why(
    suite: Path, gate: Callable[..., None], provider: FakeProvider
) -> None:
    gate(low=0.5)
    provider.says = answer("needs_review")

    ended = run(suite)

    assert ended.code == 1
    assert "✗ eligible-a: needs_review, not eligible (decision). Why of eligible-a." in ended.told
    assert "The pass rate may be as low as" in ended.told


def test_an_unsupported_eligible_falls_short_whatever_the_rate(
    suite: Path, gate: Callable[..., None], provider: FakeProvider
) -> None:
    gate(low=0.0, wrong=0)

    ended = run(suite)

    assert ended.code == 1
    assert "4 unsupported eligible; at most 0 may be." in ended.told
    assert "✗ needs-review-a: eligible, not needs_review (UNSUPPORTED ELIGIBLE)." in ended.told


def test_a_wrong_citation_falls_short(suite: Path, gate: Callable[..., None], provider: FakeProvider) -> None:
    provider.says = answer(lines=["P-9"])

    ended = run(suite)

    assert ended.code == 1
    assert "✗ eligible-a: missing_evidence, not eligible (decision, evidence)." in ended.told


def test_a_missing_trace_falls_short(suite: Path, gate: Callable[..., None], right: ByTheBook) -> None:
    right.meanwhile = lambda: TraceRecord.objects.all().delete()

    ended = run(suite, "--jobs", "1", provider="right")

    assert ended.code == 1
    assert "✗ eligible-a: no trace, not eligible (decision, evidence, trace)." in ended.told


def test_an_outage_measures_nothing(suite: Path, gate: Callable[..., None], provider: FakeProvider) -> None:
    provider.says = ProviderUnreachable()

    ended = run(suite)

    assert ended.code == 2
    assert "? could not measure 6: provider_unreachable" in ended.told
    assert "The provider failed 6 of 6 calls; that measures nothing." in ended.told
    assert not EvalRun.objects.get().gate_holds


@pytest.mark.parametrize("chosen", [["--case", "nothing-*"], ["--tag", "nothing"], ["--split", "dev"]])
def test_no_case_is_nothing_to_judge(
    suite: Path, gate: Callable[..., None], provider: FakeProvider, chosen: list[str]
) -> None:
    ended = run(suite, *chosen)

    assert ended.code == 2
    assert "No case was chosen" in ended.told
    assert not EvalRun.objects.exists()


@pytest.mark.parametrize("content", ["", "\n", "not json", line("a") + "\n" + line("a")])
def test_a_bad_suite_cannot_be_judged_by(tmp_path: Path, provider: FakeProvider, content: str) -> None:
    (tmp_path / "bad.jsonl").write_text(content)

    ended = run(tmp_path / "bad.jsonl")

    assert ended.code == 2
    assert ended.told.startswith("bad.jsonl:")
    assert not provider.calls


def test_an_unknown_suite_is_told(provider: FakeProvider) -> None:
    assert run("no-such-suite") == Run(2, "no-such-suite: there is no such suite and no such file")


@dataclass
class Stopping(ByTheBook):
    """Be stopped in the middle, as Ctrl-C does it."""

    left: int = 2

    def decide(self, report: RotationReport, facts: CredentialFacts) -> ProviderReply:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().decide(report, facts)


def test_a_run_that_is_stopped_prints_what_was_finished(
    suite: Path, gate: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "stopping", lambda _: Stopping())

    ended = run(suite, "--jobs", "1", provider="stopping")

    assert ended.code == 2
    assert "The run was stopped before its end; nothing is judged." in ended.told
    assert "passed                2/2" in ended.told
    assert not EvalRun.objects.exists()


def test_calls_are_made_several_at_a_time(suite: Path, gate: Callable[..., None], right: ByTheBook) -> None:
    met = Barrier(3, timeout=10)
    right.meanwhile = met.wait

    ended = run(suite, "--jobs", "3", provider="right")

    assert "6/6" in ended.told


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "api"},
        {"prompt_version": "rotation_decision@9"},
        {"policy_version": "policy@9"},
        {"fingerprint_key_id": "other"},
        {"input_fingerprint": "0" * 32},
    ],
    ids=str,
)
def test_a_stored_trace_that_is_not_the_cases_own_falls_short(
    suite: Path, gate: Callable[..., None], right: ByTheBook, changes: dict[str, str]
) -> None:
    right.meanwhile = lambda: TraceRecord.objects.filter(status="running").update(**changes)

    ended = run(suite, "--jobs", "1", provider="right")

    assert ended.code == 1
    assert "stored trace holds    0/6" in ended.told
    assert "decision holds        6/6" in ended.told


@pytest.mark.parametrize("option", ["--output", "--report"])
@pytest.mark.parametrize("path", ["no-such-folder/file", "."])
def test_a_file_that_cannot_be_written_is_refused_before_any_call(
    suite: Path, gate: Callable[..., None], provider: FakeProvider, tmp_path: Path, option: str, path: str
) -> None:
    ended = run(suite, option, tmp_path / path)

    assert ended.code == 2
    assert "cannot be written" in ended.told
    assert not provider.calls


def test_a_history_that_is_not_there_is_told_before_any_call(
    suite: Path, gate: Callable[..., None], provider: FakeProvider
) -> None:
    with ledger_refusing("SELECT", table=EvalRun._meta.db_table):
        ended = run(suite)

    assert ended == Run(2, "The ledger cannot be reached.")
    assert not provider.calls


def test_a_case_that_could_not_be_measured_leaves_no_whole_split(
    suite: Path, gate: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "failing", lambda _: FailingOnce())

    run(suite, "--split", "gate", "--jobs", "1", provider="failing")

    kept = EvalRun.objects.get()
    assert (kept.figures["measured"], kept.figures["faults"], kept.whole_split) == (5, 1, False)


@dataclass
class FailingOnce(ByTheBook):
    failed: bool = False

    def decide(self, report: RotationReport, facts: CredentialFacts) -> ProviderReply:
        if not self.failed:
            self.failed = True
            raise ProviderUnreachable
        return super().decide(report, facts)


def test_a_run_leaves_closed_traces_of_its_own_source(suite: Path, gate: Callable[..., None], right: ByTheBook) -> None:
    run(suite, "--repeat", "2", "--jobs", "3", provider="right")

    rows = TraceRecord.objects.all()
    assert len(rows) == 12
    assert {(row.source, row.submitter, row.status) for row in rows} == {("eval", "eval", "completed")}


def test_repeats_are_told_and_narrow_no_interval(suite: Path, gate: Callable[..., None], right: ByTheBook) -> None:
    once, thrice = run(suite, provider="right"), run(suite, "--repeat", "3", provider="right")

    assert "pass^3                100.0% of cases pass every time" in thrice.told
    assert "6/6 = 100.0% (95 % 61.0% to 100.0%)" in once.told
    assert "6/6 = 100.0% (95 % 61.0% to 100.0%)" in thrice.told


def test_a_run_is_kept_with_its_figures(suite: Path, gate: Callable[..., None], right: ByTheBook) -> None:
    run(suite, "--split", "gate", provider="right")

    kept = EvalRun.objects.get()
    assert (kept.suite, kept.split, kept.gate_holds, kept.whole_split) == ("small", "gate", True, True)
    assert (kept.prompt_version, kept.provider, kept.model) == ("rotation_decision@1", "fake", "fake-model")
    assert (kept.figures["passed"], kept.figures["measured"], kept.figures["models"]) == (6, 6, ["fake-model-2"])
    assert "is stale" not in json.dumps(kept.outcomes)
    assert TraceRecord.objects.filter(pk=kept.outcomes[0]["trace_id"]).exists()


@pytest.mark.parametrize("chosen", [["--split", "gate", "--case", "*"], ["--split", "gate", "--tag", "stale"], []])
def test_a_selection_is_no_whole_split(
    suite: Path, gate: Callable[..., None], right: ByTheBook, chosen: list[str]
) -> None:
    run(suite, *chosen, provider="right")

    assert not EvalRun.objects.get().whole_split


def test_the_report_is_written(suite: Path, gate: Callable[..., None], right: ByTheBook, tmp_path: Path) -> None:
    run(suite, "--report", tmp_path / "report.html", provider="right")

    assert "The gate holds." in (tmp_path / "report.html").read_text()


def test_the_rules_say_that_no_model_was_measured() -> None:
    ended = run("--split", "gate", provider="rules")

    assert ended.code == 0
    assert "no model was measured" in ended.told


@pytest.mark.parametrize("wrong", [["--jobs", "0"], ["--repeat", "x"], ["--split", "test"], ["--prompt", "none"]])
def test_an_option_that_makes_no_sense_is_refused(wrong: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("eval", *wrong)


def test_a_model_without_its_name_and_key_cannot_be_judged() -> None:
    assert run(provider="openai") == Run(2, "openai needs OPENAI_MODEL and OPENAI_API_KEY.")


def test_a_run_that_cannot_be_kept_is_not_judged(suite: Path, gate: Callable[..., None], right: ByTheBook) -> None:
    with ledger_refusing("INSERT", table=EvalRun._meta.db_table):
        ended = run(suite, provider="right")

    assert ended == Run(2, "The ledger cannot be reached.")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_and_other_places_plain_lines(
    suite: Path, gate: Callable[..., None], right: ByTheBook
) -> None:
    terminal, log = Terminal(), StringIO()

    for place in (terminal, log):
        call_command("eval", str(suite), provider="right", stdout=StringIO(), stderr=place)

    assert terminal.getvalue().endswith(f"\r{'█' * 30} 6/6\n")
    assert log.getvalue() == "6/6\n"
