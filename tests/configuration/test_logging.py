"""Log lines: an exception is told by its class and place, never by its text."""

import logging
from io import StringIO

import pytest
from django.test import Client
from pytest_django import Settings

from config.logging import QuietFormatter
from rotation import providers
from tests.fakes import FakeProvider

CANARY = "canary-7d1e"


def fail(_prompt: str = "") -> FakeProvider:
    error = RuntimeError(CANARY)
    error.add_note(CANARY)
    raise error from ValueError(CANARY)


def failed_line() -> logging.LogRecord:
    with pytest.raises(RuntimeError) as failure:
        fail()
    told = (failure.type, failure.value, failure.tb)
    return logging.LogRecord("rotation", logging.ERROR, __file__, 1, "it broke", (), told)


def test_an_exception_is_told_without_its_text() -> None:
    text = QuietFormatter().format(failed_line())

    assert CANARY not in text
    assert text.splitlines()[-1] == "RuntimeError"


def test_an_exception_is_told_with_its_place() -> None:
    assert ", in fail" in QuietFormatter().format(failed_line())


def test_a_line_has_its_time_level_and_logger() -> None:
    line = logging.LogRecord("rotation", logging.WARNING, __file__, 1, "%s broke", ("it",), None)

    assert QuietFormatter().format(line).endswith(" WARNING rotation: it broke")


def test_a_record_without_an_exception_to_tell_is_told() -> None:
    line = logging.LogRecord("rotation", logging.ERROR, __file__, 1, "it broke", (), (None, None, None))

    assert "it broke" in QuietFormatter().format(line)


def test_an_exception_that_another_handler_has_told_is_still_told_without_its_text() -> None:
    line = failed_line()
    logging.Formatter().format(line)

    assert CANARY not in QuietFormatter().format(line)


def test_a_request_that_breaks_is_logged_without_what_it_held(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "fails", fail)
    settings.DECISION_PROVIDER = "fails"
    output = StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(QuietFormatter())
    logging.getLogger("django.request").addHandler(handler)

    body = {"account_id": "acct_10234", "credential_report": f"{CANARY} of a stale key"}
    Client(raise_request_exception=False).post("/rotation/decide", body, content_type="application/json")
    logging.getLogger("django.request").removeHandler(handler)

    assert "Internal Server Error: /rotation/decide" in output.getvalue()
    assert "RuntimeError" in output.getvalue()
    assert CANARY not in output.getvalue()


def test_every_line_of_the_service_goes_through_the_quiet_formatter(settings: Settings) -> None:
    handlers = settings.LOGGING["handlers"].values()

    assert {settings.LOGGING["formatters"][handler["formatter"]]["()"] for handler in handlers} == {
        "config.logging.QuietFormatter"
    }
    assert settings.LOGGING["loggers"]["django"] == {"handlers": [], "level": "INFO", "propagate": True}
