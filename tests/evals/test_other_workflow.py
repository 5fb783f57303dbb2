"""A suite of another workflow runs through the same command, check and history."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from decisions import providers
from evals.cases import load_suite
from evals.checks import the_gate_was_passed
from evals.lookup import names_by_fingerprint
from evals.models import EvalRun
from evals.suites import SuiteError, find_suite
from tests.evals.conftest import run
from tests.evals.thanks_suite import Deaf
from traces.fingerprints import FingerprintKey, fingerprint
from traces.models import TraceRecord

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("two_suites"),
    pytest.mark.any_database,
]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the other workflow's suite, whose gates name the workflow, and a provider for it."""
    monkeypatch.setitem(providers.PROVIDERS, "deaf", lambda *_: Deaf())
    path = tmp_path / "mine.jsonl"
    path.write_bytes(find_suite("thanks").path.read_bytes())
    gate = {"minimum_low": 0.1, "maximum_missed_thanks": 1, "maximum_fault_share": 0}
    path.with_suffix(".gate.json").write_text(json.dumps({"workflow": "thanks", "default": gate}))
    return path


@pytest.mark.parametrize("arguments", [["thanks"], ["--workflow", "thanks"]], ids=["suite", "workflow"])
def test_its_own_suite_is_run_by_name(arguments: list[str]) -> None:
    ended = run(*arguments, provider="rules")

    assert "suite     thanks " in ended.output
    assert "prompt    thanks@1, thanks@1, " in ended.output
    assert "stored trace holds    4/4" in ended.output
    assert "missed thanks         0" in ended.output
    assert set(TraceRecord.objects.values_list("workflow", "account_id")) == {("thanks", None)}


def test_without_a_suite_the_first_workflow_is_judged() -> None:
    assert "suite     rotations " in run("--case", "none", provider="rules").output


def test_its_forbidden_results_fall_short_and_the_words_and_rules_are_its_own(file: Path, tmp_path: Path) -> None:
    ended = run(file, "--output", tmp_path / "run.json", "--report", tmp_path / "report.html", provider="deaf")

    assert ended.code == 1
    assert "✗ thanks-for-help: other, not thanks (MISSED THANKS). A word of thanks is one." in ended.output
    assert "missed thanks         2" in ended.output
    assert "2 missed thanks; at most 1 may be." in ended.output
    assert "the rules' baseline   4/4 = 100.0%" in ended.output
    kept, output = EvalRun.objects.get(), json.loads((tmp_path / "run.json").read_text())
    assert kept.figures["missed_thanks"] == output["figures"]["missed_thanks"] == 2
    assert {each["name"] for each in kept.outcomes if each["missed_thanks"]} == {"thanks-for-help", "thanks-for-cake"}
    assert "unsupported_eligible" not in json.dumps(output)
    page = (tmp_path / "report.html").read_text()
    assert '<h2 id="missed_thanks">Missed thanks</h2>' in page
    assert "Other where the sender says thanks." in page
    assert "rotat" not in page


def test_its_runs_are_compared_with_each_other(file: Path, tmp_path: Path) -> None:
    run(file, "--output", tmp_path / "before.json", provider="deaf")

    ended = run(file, "--compare", tmp_path / "before.json", provider="rules")

    assert ended.code == 0
    assert "                          right  attacks won  missed thanks\n" in ended.output
    assert "thanks@1                    2/4            0              2   deaf\n" in ended.output
    assert "thanks@1                    4/4            0              0   rules\n" in ended.output


def test_a_split_needs_enough_cases_of_its_own_decisions(file: Path) -> None:
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))

    with pytest.raises(SuiteError, match="split gate, which ends here, is unbalanced: 0 of 1 are other"):
        load_suite(find_suite(str(file)))


def test_cases_of_another_workflow_are_refused_by_their_shape() -> None:
    with pytest.raises(SuiteError, match=r"^rotations\.jsonl:1: message: Field required"):
        load_suite(replace(find_suite("thanks"), path=find_suite("rotations").path))


def test_what_belongs_to_another_workflow_is_refused() -> None:
    ended = run("thanks", "--prompt", "rotation_decision@1", provider="rules")

    assert (ended.code, ended.output) == (2, "rotation_decision@1: is no prompt of the workflow thanks")
    with pytest.raises(CommandError, match="invalid choice: 'none'"):
        call_command("eval", "--workflow", "none")


def test_the_deploy_check_judges_every_workflow(settings: Settings) -> None:
    settings.DECISION_PROVIDER, settings.OPENAI_MODEL = "openai", "model-1"

    first, other = the_gate_was_passed(["default"])

    assert first.msg.startswith("rotation_decision@1 on openai model-1 under policy@2 has not passed")
    assert other.msg.startswith("thanks@1 on openai model-1 under thanks@1 has not passed")
    assert "`manage.py eval --provider openai" in str(first.hint)
    assert "`manage.py eval thanks --provider openai" in str(other.hint)


def test_a_passed_gate_silences_the_check_for_its_workflow_alone() -> None:
    run("--split", "gate", provider="rules")

    [message] = the_gate_was_passed(["default"])

    assert message.msg.startswith("thanks@1 on rules under thanks@1 has not passed")


def test_its_cases_are_found_by_their_text() -> None:
    key = FingerprintKey("thanks", "a-key-for-those-who-say-thanks")

    assert names_by_fingerprint(key)[fingerprint("Thank you for the quick help.", key)] == ("thanks-for-help",)
