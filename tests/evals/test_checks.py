"""The deploy check: it warns until what is configured has passed the gate in this database."""

from collections.abc import Iterator
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
from evals import checks
from evals.cases import load_suite, suite_path
from evals.checks import the_gate_was_passed
from evals.gates import load_gate
from evals.models import EvalRun
from tests.evals.test_history import run
from tests.ledger.rows import NOW

DATABASES = ["default"]
DIGEST = load_suite(suite_path("rotations")).digest


@pytest.fixture(autouse=True)
def model_configured(settings: Settings) -> None:
    settings.DECISION_PROVIDER, settings.OPENAI_MODEL = "openai", "model-1"
    settings.ROTATION_PROMPT = "rotation_decision@1"


@pytest.fixture
def unasked() -> Iterator[None]:
    """The configuration is judged once in a process; judge it anew."""
    is_configured.cache_clear()
    yield
    is_configured.cache_clear()


def digest_of_gate(provider: str) -> str:
    return load_gate(suite_path("rotations"), provider).digest


def passing_run(**changes: Any) -> EvalRun:
    return run(**{"suite_digest": DIGEST, "gate_digest": digest_of_gate("openai"), **changes})


def warned(databases: list[str] | None = DATABASES) -> list[str | None]:
    return [message.id for message in the_gate_was_passed(databases)]


@pytest.mark.parametrize("databases", [None, []])
def test_it_is_silent_where_no_database_is_named(databases: list[str] | None) -> None:
    assert warned(databases) == []


def test_it_tells_where_there_is_no_history(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {EvalRun._meta.db_table}")

    assert warned() == ["evals.W003"]


def test_it_warns_where_nothing_was_run_and_names_the_command(db: None) -> None:
    [message] = the_gate_was_passed(DATABASES)

    assert (message.id, message.is_serious()) == ("evals.W001", False)
    assert "rotation_decision@1 on openai model-1 under policy@1" in message.msg
    assert "`manage.py eval --provider openai --prompt rotation_decision@1 --split gate`" in str(message.hint)


def test_a_passing_run_of_the_whole_gate_silences_it(db: None) -> None:
    passing_run()

    assert warned() == []


@pytest.mark.parametrize(
    "otherwise",
    [
        {"gate_holds": False},
        {"whole_split": False},
        {"split": "dev"},
        {"split": "all"},
        {"suite": "mine"},
        {"suite_digest": "0123456789ab"},
        {"gate_digest": "0123456789ab"},
        {"provider": "rules"},
        {"model": "model-1-0301"},
        {"prompt_version": "rotation_decision@2"},
        {"policy_version": "policy@2"},
    ],
    ids=lambda changed: "-".join(map(str, *changed.items())),
)
def test_no_other_run_silences_it(db: None, otherwise: dict[str, Any]) -> None:
    passing_run(**otherwise)

    assert warned() == ["evals.W001"]


def test_the_rules_pass_under_their_one_prompt_and_no_model(db: None, settings: Settings) -> None:
    settings.DECISION_PROVIDER, settings.ROTATION_PROMPT = "rules", "rotation_decision@2"
    assert "rotation_decision@1 on rules under" in the_gate_was_passed(DATABASES)[0].msg

    run(suite_digest=DIGEST, gate_digest=digest_of_gate("rules"), provider="rules", model="")

    assert warned() == []


def test_a_suite_that_cannot_be_read_is_told(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "rotations.jsonl"
    broken.write_text("{}\n")
    monkeypatch.setattr(checks, "DEFAULT", str(broken))

    [message] = the_gate_was_passed(DATABASES)

    assert message.id == "evals.W002"
    assert "rotations.jsonl:1" in message.msg


def test_the_deploy_check_tells_it_of_a_named_database(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check", deploy=True, databases=DATABASES)

    assert "evals.W001" in capsys.readouterr().err


@pytest.mark.parametrize(("deploy", "databases"), [(True, None), (False, DATABASES)], ids=["no-database", "no-deploy"])
def test_no_other_check_tells_it(db: None, *, deploy: bool, databases: list[str] | None) -> None:
    told = run_checks(include_deployment_checks=deploy, databases=databases)

    assert "evals.W001" not in {message.id for message in told}


def test_readiness_does_not_depend_on_it(db: None, unasked: None, client: Client) -> None:
    assert warned() == ["evals.W001"]

    assert client.get("/readyz").status_code == 200


def test_a_later_run_that_falls_short_outweighs_an_earlier_pass(db: None) -> None:
    passing_run(started_at=NOW)
    passing_run(started_at=NOW + timedelta(hours=1), gate_holds=False)

    assert warned() == ["evals.W001"]
