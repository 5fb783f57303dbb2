"""`doctor --call` asks one harmless question, and shows what the server said to the operator alone."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.boundary.fault_server import Behaviour, FaultServer, completion, fault_server, http, say, say_json
from tests.commands.conftest import run

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

KEY = "sk-canary-key"
REFUSAL = b'{"error": {"code": "unsupported_parameter", "message": "Unknown field \\u001b[31mstore: canary-7d1e"}}'


def ask(settings: Settings, behaviour: Behaviour) -> tuple[FaultServer, int, str]:
    settings.DECISION_PROVIDER, settings.OPENAI_MODEL, settings.OPENAI_API_KEY = "openai", "model-1", KEY
    with fault_server(behaviour) as server:
        settings.OPENAI_BASE_URL = server.url()
        ran = run("doctor", "--call")
    return server, ran.code, ran.out


def test_an_answer_is_shown_with_its_cost(settings: Settings) -> None:
    server, code, shown = ask(settings, say_json(completion('{"answer": "yes"}')))

    assert code == 0
    assert "model-1 answered in " in shown
    assert 'It said: {"answer": "yes"}' in shown
    assert len(server.requests) == 1
    assert KEY not in shown


def test_an_error_is_shown_with_what_to_do_and_stays_on_the_terminal(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    _, code, shown = ask(settings, say(http(400, REFUSAL)))

    assert code == 1
    assert "The call ended in provider_rejected" in shown
    assert "HTTP 400, unsupported_parameter." in shown
    assert "Choose its profile (OPENAI_SERVER)" in shown
    assert "canary-7d1e" in shown
    assert "\x1b" not in shown
    assert "canary-7d1e" not in caplog.text


def test_no_server_is_said_without_a_status(settings: Settings) -> None:
    settings.DECISION_PROVIDER, settings.OPENAI_MODEL, settings.OPENAI_API_KEY = "openai", "model-1", KEY
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1/v1"

    ran = run("doctor", "--call")

    assert ran.code == 1
    assert "The call ended in provider_unreachable" in ran.out
    assert "HTTP" not in ran.out


def test_a_file_without_a_key_is_said(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("\n")
    settings.DECISION_PROVIDER, settings.OPENAI_MODEL, settings.OPENAI_API_KEY_FILE = "openai", "model-1", str(file)

    ran = run("doctor", "--call")

    assert (ran.code, ran.out.strip()) == (1, "The call ended in provider_rejected.")


def test_with_the_rules_there_is_no_model_to_call() -> None:
    ran = run("doctor", "--call")

    assert ran.code == 1
    assert "there is no model to call" in ran.err
