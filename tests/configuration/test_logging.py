"""Log lines: one format for all, and an exception by its class and place, never by its text."""

import json
import logging
import warnings
from http import HTTPStatus
from io import StringIO
from typing import Any

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from config.logging import KEYS, MAX_PLACES, QuietFormatter
from rotation import providers
from tests.fakes import FakeProvider
from traces.identifiers import trace_id_in_logs

CANARY = "canary-7d1e"


@pytest.fixture(autouse=True)
def _no_trace() -> None:
    trace_id_in_logs.set(None)


def fail(_prompt: str = "") -> FakeProvider:
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


def test_an_exception_is_logged_without_its_text() -> None:
    text = readable(failed_line())

    assert CANARY not in text
    assert text.splitlines()[-1] == "RuntimeError"


def test_an_exception_is_logged_with_its_place() -> None:
    assert ", in fail" in readable(failed_line())


def test_an_exception_is_part_of_one_json_line() -> None:
    line = parsed(failed_line())

    assert line["exception"] == "RuntimeError"
    assert line["places"][-1].endswith(", in fail")
    assert CANARY not in str(line)


def test_an_endless_recursion_is_logged_with_its_innermost_places() -> None:
    def deeper() -> None:
        deeper()

    with pytest.raises(RecursionError) as failure:
        deeper()
    record = line("it broke")
    record.exc_info = (failure.type, failure.value, failure.tb)

    assert len(parsed(record)["places"]) == MAX_PLACES


def test_a_line_has_its_time_level_and_logger() -> None:
    record = logging.LogRecord("rotation", logging.WARNING, __file__, 1, "%s broke", ("it",), None)

    assert readable(record).endswith("Z WARNING rotation: it broke")
    assert list(parsed(record).values())[1:] == ["warning", "rotation", "it broke"]


@pytest.mark.parametrize(("terminal", "start"), [(True, "2"), (False, "{")], ids=["a terminal", "anything else"])
def test_lines_are_plain_text_at_a_terminal_only(monkeypatch: pytest.MonkeyPatch, terminal: bool, start: str) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)

    assert QuietFormatter().format(line("it broke")).startswith(start)


def test_a_record_with_empty_exception_details_is_logged() -> None:
    record = logging.LogRecord("rotation", logging.ERROR, __file__, 1, "it broke", (), (None, None, None))

    assert "it broke" in readable(record)


def test_text_that_another_handler_left_on_the_record_is_not_logged() -> None:
    record = failed_line()
    logging.Formatter().format(record)

    assert CANARY not in readable(record)
    assert CANARY not in str(parsed(record))


@pytest.mark.parametrize(
    ("record", "event"),
    [
        (line("%s: %s", "pool", ValueError(CANARY)), "pool: ValueError"),
        (line("%(why)s", {"why": ValueError(CANARY)}), "ValueError"),
        (line(ValueError(CANARY)), "ValueError"),
        (line("%d of %s", CANARY, CANARY), "%d of %s"),
        (line("100 %"), "100 %"),
        (line("a key ghp_" + "a1B2" * 6 + " of %s", "AKIA" + "ABCDEFGH" * 2), "a key [secret] of [secret]"),
    ],
    ids=["among values", "named", "alone", "values that do not fit", "no values", "secrets"],
)
def test_a_line_holds_no_text_of_an_exception_and_no_secret(record: logging.LogRecord, event: str) -> None:
    assert parsed(record)["event"] == event


def test_one_line_cannot_be_made_to_look_like_two() -> None:
    record = line("%s", 'x\r\n{"level": "error"}\x1b[2J\u2028\u202e\0')

    assert parsed(record)["event"] == r'x\r\n{"level": "error"}\x1b[2J\u2028\u202e\x00'
    assert len(readable(record).splitlines()) == 1


def test_an_unknown_key_is_left_out() -> None:
    record = line("it broke", account=CANARY, status=200)

    assert (parsed(record)["status"], CANARY in str(parsed(record))) == (200, False)


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (f"Invalid request from ip=127.0.0.1: Invalid HTTP request line: '{CANARY}'", "Invalid request"),
        (f"Error handling request POST /{CANARY}", "Error handling request"),
        (f"Error handling request \n{CANARY}", "Error handling request"),
        ("Handling signal: term", "Handling signal: term"),
    ],
    ids=["a request line", "an address", "lines", "nothing"],
)
def test_a_line_of_the_server_does_not_quote_its_client(message: str, event: str) -> None:
    assert parsed(line(message, logger="gunicorn.error"))["event"] == event


@pytest.mark.parametrize(
    ("message", "has_trace"), [("Invalid request from ip=127.0.0.1: x", False), ("Error handling request / y", True)]
)
def test_the_line_of_an_invalid_request_has_no_trace_of_the_request_before(message: str, has_trace: bool) -> None:
    trace_id_in_logs.set("trace_of_the_one_before")

    assert ("trace_id" in parsed(line(message, logger="gunicorn.error"))) is has_trace


def test_a_warning_is_logged_by_its_class_and_place() -> None:
    shown = warnings.formatwarning(f"shows {CANARY}", UserWarning, "/place.py", 12, f"serialize({CANARY})")

    assert parsed(line("%s", shown, logger="py.warnings"))["event"] == "/place.py:12: UserWarning"


@pytest.mark.parametrize(
    ("status", "event"), [(HTTPStatus.BAD_REQUEST, "Bad Request: unmatched"), (None, "Request: unmatched")]
)
def test_a_line_about_a_request_has_neither_its_path_nor_its_host(status: int | None, event: str) -> None:
    request = RequestFactory().get(f"/{CANARY}")
    extra = {"request": request, **({"status_code": status} if status else {})}

    record = line("Invalid HTTP_HOST header: %r, %s", CANARY, request.path, logger="django.security", **extra)

    assert parsed(record)["event"] == event


def test_a_request_that_breaks_is_logged_without_its_content(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "fails", fail)
    settings.DECISION_PROVIDER = "fails"
    output = StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(QuietFormatter(readable=True))
    logging.getLogger("django.request").addHandler(handler)

    body = {"account_id": "acct_10234", "credential_report": f"{CANARY} of a stale key"}
    Client(raise_request_exception=False).post("/rotation/decide", body, content_type="application/json")
    logging.getLogger("django.request").removeHandler(handler)

    assert "Internal Server Error: /rotation/decide" in output.getvalue()
    assert "RuntimeError" in output.getvalue()
    assert CANARY not in output.getvalue()


def test_every_line_of_the_service_goes_through_the_quiet_formatter(settings: Settings) -> None:
    handlers, loggers = settings.LOGGING["handlers"], settings.LOGGING["loggers"]

    writing = [handler for handler in handlers.values() if handler["class"] != "logging.NullHandler"]
    assert {settings.LOGGING["formatters"][handler["formatter"]]["()"] for handler in writing} == {
        "config.logging.QuietFormatter"
    }
    assert loggers["django"] == {"handlers": [], "level": "INFO", "propagate": True}
    assert [name for name, logger in loggers.items() if logger.get("handlers", []) not in ([], ["none"])] == []


@pytest.mark.parametrize("name", ["django.server", "gunicorn.access"])
def test_a_silenced_logger_does_not_fall_back_to_pythons_own_handler(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger(name).error("GET /%s", CANARY)

    assert CANARY not in capfd.readouterr().err
