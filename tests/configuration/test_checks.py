"""Our own system checks."""

import pytest
from django.core.checks import run_checks
from django.db import connection
from pytest_django import Settings

from config.ledger_checks import terminal_rows_are_guarded
from config.settings_checks import requests_in_one_transaction, rules_in_production
from tests.configuration.conftest import VALID, manage
from traces.guard import TABLE, TRIGGER


def ids() -> set[str | None]:
    return {message.id for message in run_checks()}


@pytest.mark.parametrize(
    ("provider", "debug", "is_warned"),
    [("rules", False, True), ("rules", True, False), ("openai", False, False), ("openai", True, False)],
)
def test_rules_in_production_are_a_warning(settings: Settings, provider: str, *, debug: bool, is_warned: bool) -> None:
    settings.DECISION_PROVIDER, settings.DEBUG = provider, debug

    assert [message.id for message in rules_in_production()] == ["rotation.W001"] * is_warned


def test_requests_in_one_transaction_are_an_error(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert requests_in_one_transaction() == []

    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", "on")

    [message] = requests_in_one_transaction()
    assert (message.id, message.is_serious()) == ("traces.E001", True)


def test_a_ledger_without_its_guard_is_an_error(db: None) -> None:
    assert terminal_rows_are_guarded(["default"]) == []

    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {TRIGGER}" + f" ON {TABLE}" * (connection.vendor == "postgresql"))

    [message] = terminal_rows_are_guarded(["default"])
    assert (message.id, message.is_serious()) == ("traces.E002", True)


def test_no_trigger_is_looked_for_without_a_database() -> None:
    assert terminal_rows_are_guarded(None) == []


def test_the_checks_are_registered(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DECISION_PROVIDER, settings.DEBUG = "rules", False
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", "on")

    assert {"rotation.W001", "traces.E001"} <= ids()


def test_every_message_has_a_hint(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DECISION_PROVIDER, settings.DEBUG = "rules", False
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", "on")

    assert all(message.hint for message in [*rules_in_production(), *requests_in_one_transaction()])


def test_a_service_in_production_has_no_warnings() -> None:
    production = {
        "ALLOWED_HOSTS": "example.test",
        "DECISION_PROVIDER": "openai",
        "OPENAI_MODEL": "model-1",
        "OPENAI_API_KEY": "a-key-of-this-test",
        "SECRET_KEY": "0a1b2c3d4e5f6g7h8i9j-0k1l2m3n4o5p6q7r8s9t-0u1v2w3x4y5z",
    }

    checked = manage("check", "--deploy", "--fail-level", "WARNING", environment={**VALID, **production})

    assert checked.returncode == 0, checked.stderr
