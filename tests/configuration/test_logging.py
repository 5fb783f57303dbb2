"""Log lines: one format for all, and an exception by its class and place, never by its text."""

import json
import logging
import warnings
from http import HTTPStatus
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from config.logging import KEYS, MAX_PLACES, QuietFormatter
from tests.fakes import FakeProvider
from traces.identifiers import trace_id_in_logs

CANARY = "canary-7d1e"


@pytest.fixture(autouse=True)
def _no_trace() -> None:
    trace_id_in_logs.set(None)


def fail(*_asked: object) -> FakeProvider:
    error = RuntimeError(CANARY)
    error.add_note(CANARY)
    raise error from ValueError(CANARY)


def failed_line() -> logging.LogRecord:
    with pytest.raises(RuntimeError) as failure:
        fail()
    exc_info = (failure.type, failure.value, failure.tb)
    return logging.LogRecord("rotation", logging.ERROR, __file__, 1, "it broke", (), exc_info)


def line(message: object, *values: Any, logger: str = "rotation", **extra: object) -> logging.LogRecord:
    return logging.getLogger(logger).makeRecord(
        logger, logging.WARNING, __file__, 1, message, values, None, extra=extra
    )


def readable(record: logging.LogRecord) -> str:
    return QuietFormatter(readable=True).format(record)


def parsed(record: logging.LogRecord) -> dict[str, Any]:
    text = QuietFormatter().format(record)
    assert text.isascii()
    assert len(text.splitlines()) == 1
    line: dict[str, Any] = json.loads(text)
    assert list(line) == [key for key in KEYS if key in line]
    return line


def test_an_exception_is_logged_by_its_class_and_place_without_its_text() -> None:
    text, line = readable(failed_line()), parsed(failed_line())

    assert ", in fail" in text
    assert text.splitlines()[-1] == line["exception"] == "RuntimeError"
    assert line["places"][-1].endswith(", in fail")
    assert CANARY not in f"{text} {line}"


def test_an_endless_recursion_is_logged_with_its_innermost_places() -> None:
    def deeper() -> None:
        deeper()

    with pytest.raises(RecursionError) as failure:
        deeper()
    record = line("it broke")
    record.exc_info = (failure.type, failure.value, failure.tb)

    assert len(parsed(record)["places"]) == MAX_PLACES


def test_a_line_has_its_time_level_and_logger() -> None:
    record = line("%s broke", "it")

    assert readable(record).endswith("Z WARNING rotation: it broke")
    assert list(parsed(record).values())[1:] == ["warning", "rotation", "it broke"]


def test_lines_are_plain_text_at_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal, start in ((True, "2"), (False, "{")):
        monkeypatch.setattr("sys.stderr.isatty", lambda terminal=terminal: terminal)
        assert QuietFormatter().format(line("it broke")).startswith(start)


def test_text_that_another_handler_left_on_the_record_is_not_logged() -> None:
    record = failed_line()
    logging.Formatter().format(record)

    assert CANARY not in f"{readable(record)} {parsed(record)}"


def test_a_record_with_empty_exception_details_is_logged() -> None:
    record = line("it broke")
    record.exc_info = (None, None, None)

    assert "it broke" in readable(record)


def test_a_line_holds_no_text_of_an_exception_and_no_secret() -> None:
    key = "ghp_" + "a1B2" * 6

    for record, event in (
        (line("%s: %s", "pool", ValueError(CANARY)), "pool: ValueError"),
        (line("%(why)s", {"why": ValueError(CANARY)}), "ValueError"),
        (line(ValueError(CANARY)), "ValueError"),
        (line("%d of %s", CANARY, CANARY), "%d of %s"),
        (line("100 %"), "100 %"),
        (line(f"a key {key} of %s", "AKIA" + "ABCDEFGH" * 2), "a key [secret] of [secret]"),
    ):
        assert parsed(record)["event"] == event


def test_one_line_cannot_be_made_to_look_like_two() -> None:
    record = line("%s", 'x\r\n{"level": "error"}\x1b[2J\u2028\u202e\0')

    assert parsed(record)["event"] == r'x\r\n{"level": "error"}\x1b[2J\u2028\u202e\x00'
    assert len(readable(record).splitlines()) == 1


def test_an_unknown_key_is_left_out() -> None:
    record = line("it broke", account=CANARY, status=200)

    assert (parsed(record)["status"], CANARY in str(parsed(record))) == (200, False)


def test_a_line_of_the_server_does_not_quote_its_client() -> None:
    for message, event in (
        (f"Invalid request from ip=127.0.0.1: Invalid HTTP request line: '{CANARY}'", "Invalid request"),
        (f"Error handling request POST /{CANARY}", "Error handling request"),
        (f"Error handling request \n{CANARY}", "Error handling request"),
        ("Handling signal: term", "Handling signal: term"),
    ):
        assert parsed(line(message, logger="gunicorn.error"))["event"] == event


def test_the_line_of_an_invalid_request_has_no_trace_of_the_request_before() -> None:
    trace_id_in_logs.set("trace_of_the_one_before")
    messages = "Invalid request from ip=127.0.0.1: x", "Error handling request / y"

    lines = [parsed(line(message, logger="gunicorn.error")) for message in messages]

    assert ["trace_id" in line for line in lines] == [False, True]


def test_a_warning_is_logged_by_its_class_and_place() -> None:
    shown = warnings.formatwarning(f"shows {CANARY}", UserWarning, "/place.py", 12, f"serialize({CANARY})")

    assert parsed(line("%s", shown, logger="py.warnings"))["event"] == "/place.py:12: UserWarning"


def test_a_line_about_a_request_has_neither_its_path_nor_its_host() -> None:
    request = RequestFactory().get(f"/{CANARY}")
    statuses: tuple[tuple[dict[str, object], str], ...] = (
        ({"status_code": HTTPStatus.BAD_REQUEST}, "Bad Request: unmatched"),
        ({}, "Request: unmatched"),
    )

    for status, event in statuses:
        values = ("Invalid HTTP_HOST header: %r, %s", CANARY, request.path)
        assert parsed(line(*values, logger="django.security", request=request, **status))["event"] == event


def test_every_line_of_the_service_goes_through_the_quiet_formatter(settings: Settings) -> None:
    handlers, loggers = settings.LOGGING["handlers"], settings.LOGGING["loggers"]

    writing = [handler for handler in handlers.values() if handler["class"] != "logging.NullHandler"]
    assert {settings.LOGGING["formatters"][handler["formatter"]]["()"] for handler in writing} == {
        "config.logging.QuietFormatter"
    }
    assert loggers["django"] == {"handlers": [], "level": "INFO", "propagate": True}
    assert [name for name, logger in loggers.items() if logger.get("handlers", []) not in ([], ["none"])] == []


def test_a_silenced_logger_does_not_fall_back_to_pythons_own_handler(capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("django.server", "gunicorn.access"):
        logging.getLogger(name).error("GET /%s", CANARY)

    assert CANARY not in capfd.readouterr().err
