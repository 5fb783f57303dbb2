"""The deploy check: it warns until what is configured has passed the gate in this database."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from config.health_checks import is_configured
from decisions.providers import request_settings
from evals.cases import load_suite
from evals.checks import the_gate_was_passed
from evals.gates import load_gate
from evals.models import EvalRun
from evals.suites import find_suite
from rotation.workflow import ROTATION
from tests.evals.test_history import run
from tests.ledger.rows import NOW

DATABASES = ["default"]
DIGEST = load_suite(find_suite("rotations")).digest


@pytest.fixture(autouse=True)
def model_configured(settings: Settings, rotation_alone: None) -> None:
    settings.DECISION_PROVIDER, settings.OPENAI_MODEL = "openai", "model-1"
    settings.ROTATION_PROMPT = "rotation_decision@1"


def passing_run(gate_of: str = "openai", **changes: Any) -> EvalRun:
    gate = load_gate(find_suite("rotations"), gate_of).digest
    asked = request_settings(ROTATION, gate_of)
    return run(**{"suite_digest": DIGEST, "gate_digest": gate, "request_settings": asked, **changes})


def warned(databases: list[str] | None = DATABASES) -> list[str | None]:
    return [message.id for message in the_gate_was_passed(databases)]


def test_it_is_silent_where_no_database_is_named() -> None:
    assert warned(None) == warned([]) == []


def test_it_warns_where_there_is_no_history(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {EvalRun._meta.db_table}")

    assert warned() == ["evals.W003"]


def test_it_warns_where_nothing_was_run_and_names_the_command(db: None) -> None:
    [message] = the_gate_was_passed(DATABASES)

    assert (message.id, message.is_serious()) == ("evals.W001", False)
    assert "rotation_decision@1 on openai model-1 under policy@2" in message.msg
    assert "`manage.py eval --provider openai --prompt rotation_decision@1 --split gate`" in str(message.hint)


def test_a_passing_run_of_the_whole_gate_silences_it_until_one_falls_short(db: None) -> None:
    passing_run(started_at=NOW)
    assert warned() == []

    passing_run(started_at=NOW + timedelta(hours=1), gate_holds=False)
    assert warned() == ["evals.W001"]


@pytest.mark.parametrize(
    "otherwise",
    [
        *({"gate_holds": False}, {"whole_split": False}, {"split": "dev"}, {"split": "all"}, {"suite": "mine"}),
        *({"suite_digest": "0123456789ab"}, {"model": "model-1-0301"}, {"policy_version": "policy@1"}),
        *({"gate_digest": "0123456789ab"}, {"provider": "rules"}, {"prompt_version": "rotation_decision@2"}),
    ],
    ids=str,
)
def test_no_other_run_silences_it(db: None, otherwise: dict[str, Any]) -> None:
    passing_run(**otherwise)

    assert warned() == ["evals.W001"]


def test_a_passed_gate_counts_for_the_same_settings_of_the_requests_only(db: None, settings: Settings) -> None:
    passing_run()
    assert warned() == []

    for name, value in {
        "OPENAI_SERVER": "vllm",
        "OPENAI_ANSWER_FORMAT": "json_object",
        "OPENAI_MAX_COMPLETION_TOKENS": 500,
        "OPENAI_REASONING_EFFORT": "low",
        "OPENAI_BASE_URL": "https://example.com/v1",
        "OPENAI_EXTRA_QUERY": {"route": "b"},
    }.items():
        before = getattr(settings, name)
        setattr(settings, name, value)
        assert warned() == ["evals.W001"], name
        setattr(settings, name, before)
    assert warned() == []


def test_the_rules_pass_under_their_one_prompt_and_no_model(db: None, settings: Settings) -> None:
    settings.DECISION_PROVIDER, settings.ROTATION_PROMPT = "rules", "rotation_decision@2"
    assert "rotation_decision@1 on rules under" in the_gate_was_passed(DATABASES)[0].msg

    passing_run("rules", provider="rules", model="")

    assert warned() == []


def test_it_warns_of_a_suite_that_cannot_be_read(db: None, move_suite: Callable[[Path], None], tmp_path: Path) -> None:
    broken = tmp_path / "rotations.jsonl"
    broken.write_text("{}\n")
    move_suite(broken)

    [message] = the_gate_was_passed(DATABASES)

    assert message.id == "evals.W002"
    assert "rotations.jsonl:1" in message.msg


def test_the_deploy_check_of_a_named_database_warns(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check", deploy=True, databases=DATABASES)

    assert "evals.W001" in capsys.readouterr().err


def test_no_other_check_warns(db: None) -> None:
    for deploy, databases in ((True, None), (False, DATABASES)):
        messages = run_checks(include_deployment_checks=deploy, databases=databases)
        assert "evals.W001" not in {message.id for message in messages}


def test_readiness_does_not_depend_on_it(db: None, client: Client, request: pytest.FixtureRequest) -> None:
    is_configured.cache_clear()
    request.addfinalizer(is_configured.cache_clear)

    assert warned() == ["evals.W001"]
    assert client.get("/readyz").status_code == 200
