"""Our own system checks."""

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from config.examination import Examination
from config.ledger_checks import terminal_rows_are_guarded
from config.settings_checks import (
    UNLIMITED,
    encryption,
    limits,
    rules_in_production,
    texts_are_sent_in_the_open,
    too_few_tokens,
)
from tests.configuration.conftest import VALID, manage
from traces.guard import TABLE, TRIGGER


def test_rules_in_production_are_a_warning(settings: Settings) -> None:
    for provider, https, debug, warned in (
        ("rules", True, False, True), ("rules", True, True, False), ("rules", False, False, False),
        ("openai", True, False, False), ("openai", True, True, False),
    ):  # fmt: skip
        settings.DECISION_PROVIDER, settings.HTTPS, settings.DEBUG = provider, https, debug
        assert [message.id for message in rules_in_production()] == ["decisions.W001"] * warned, (provider, https)


def test_a_provider_over_a_public_network_without_tls_is_an_error(settings: Settings) -> None:
    settings.DECISION_PROVIDER = "openai"
    private = (
        "127.0.0.1", "[::1]", "10.1.2.3", "192.168.0.7", "172.16.0.1", "[fd00::1]", "localhost", "model",
        "model.internal", "model.ns.svc", "mac.local",
    )  # fmt: skip
    public = ("8.8.8.8", "[2606:4700::1111]", "api.example.com", "localhost.example.com", "internal.example")

    for host in (*private, *public):
        settings.OPENAI_BASE_URL = f"http://{host}:8000/v1"
        expected = ["decisions.E001"] * (host in public)
        assert [message.id for message in texts_are_sent_in_the_open()] == expected, host
        assert encryption(Examination(timezone.now()))[0] == ("FAIL" if host in public else "ok"), host
    settings.OPENAI_BASE_URL = "https://api.example.com/v1"
    assert texts_are_sent_in_the_open() == []
    assert encryption(Examination(timezone.now()))[0] == "ok"
    settings.DECISION_PROVIDER, settings.OPENAI_BASE_URL = "rules", "http://api.example.com/v1"
    assert texts_are_sent_in_the_open() == []


def test_the_error_is_one_of_a_deploy_only(settings: Settings) -> None:
    settings.DECISION_PROVIDER, settings.OPENAI_BASE_URL = "openai", "http://api.example.com/v1"

    found = [{message.id for message in run_checks(include_deployment_checks=deploy)} for deploy in (False, True)]

    assert ["decisions.E001" in ids for ids in found] == [False, True]


def test_a_model_that_anyone_may_ask_without_a_limit_is_a_warning(settings: Settings) -> None:
    for provider, access, limit, expected in (
        ("openai", "open", None, ("warn", UNLIMITED)),
        ("rules", "open", None, ("ok", "None is set.")),
        ("openai", "members", None, ("ok", "None is set.")),
        ("openai", "open", 5, ("ok", "Set for each submitter and for all.")),
    ):
        settings.DECISION_PROVIDER, settings.ACCESS = provider, access
        settings.SUBMITTER_DECISIONS_PER_DAY = settings.DECISIONS_PER_MINUTE = limit
        assert limits(Examination(timezone.now())) == expected, (provider, access, limit)


def test_a_limit_that_is_too_small_for_the_effort_is_a_warning(settings: Settings) -> None:
    settings.OPENAI_MAX_COMPLETION_TOKENS = 4_000
    for provider, effort, is_too_small in (
        *(("openai", None, False), ("openai", "none", False), ("openai", "medium", False)),
        *(("openai", "high", True), ("rules", "high", False)),
    ):
        settings.DECISION_PROVIDER, settings.OPENAI_REASONING_EFFORT = provider, effort
        assert bool(too_few_tokens()) is is_too_small, (provider, effort)
    settings.DECISION_PROVIDER = "openai"
    settings.OPENAI_MAX_COMPLETION_TOKENS, settings.TICKETS_MAX_COMPLETION_TOKENS = 16_000, 600
    assert "TICKETS_MAX_COMPLETION_TOKENS is 600" in (too_few_tokens() or "")
    settings.OPENAI_MAX_COMPLETION_TOKENS, settings.TICKETS_MAX_COMPLETION_TOKENS = 4_000, 16_000
    assert too_few_tokens() == (
        "OPENAI_MAX_COMPLETION_TOKENS is 4,000: with effort high, answers will be cut short below 16,000."
    )


def test_requests_in_one_transaction_are_an_error_and_every_message_has_a_hint(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {message.id for message in run_checks()}
    settings.DECISION_PROVIDER, settings.HTTPS, settings.DEBUG = "rules", True, False
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", "on")

    messages = {message.id: message for message in run_checks()}

    assert "traces.E001" not in before
    assert {"decisions.W001", "traces.E001"} <= messages.keys()
    assert messages["traces.E001"].is_serious()
    assert all(message.hint for message in messages.values())


def test_a_ledger_without_its_guard_is_a_warning(db: None) -> None:
    assert terminal_rows_are_guarded(None) == []
    assert terminal_rows_are_guarded(["default"]) == []

    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {TRIGGER}" + f" ON {TABLE}" * (connection.vendor == "postgresql"))

    [message] = terminal_rows_are_guarded(["default"])
    assert (message.id, message.is_serious()) == ("traces.W001", False)


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
