"""
The format of log lines, whether the service, Django or gunicorn writes them.

At a terminal a line is plain text, anywhere else it is one JSON object. Both go through the same redaction: a line has
known keys only, names an exception by its class and places and never by its text, and a request by its route.
"""

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import responses
from traceback import walk_tb
from types import TracebackType
from typing import Any

from access.fields import SECRET_SHAPES
from config.routes import route_of
from traces.identifiers import trace_id_in_logs

Line = Mapping[str, Any]

# The keys that a line may have, in this order.
FIELDS = ("method", "route", "status", "duration_ms")
KEYS = ("timestamp", "level", "logger", "event", "trace_id", *FIELDS, "exception", "places")
MAX_PLACES = 50
# The rest of these messages is cut off. gunicorn quotes what the client sent, which is the report itself if the
# Content-Length is wrong. A warning may show a value, but its class and place are enough.
INVALID_REQUEST = "Invalid request"
QUOTING = {
    "gunicorn.error": re.compile(rf"({INVALID_REQUEST}|Error handling request)\b.*", re.DOTALL),
    "py.warnings": re.compile(r"(.*?:\d+: \w+):.*", re.DOTALL),
}

SECRETS = re.compile(SECRET_SHAPES)
UNPRINTABLE = re.compile(r"[^ -~]")

CONFIGURATION: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"quiet": {"()": "config.logging.QuietFormatter"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "quiet"},
        # A logger without a handler falls back to Python's own handler, which redacts nothing.
        "none": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django's own handlers would send posted fields by mail and print each request line twice.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # The access line already shows a refused request.
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": ["none"], "propagate": False},
        # It writes three lines at every sign-in, and none is useful.
        "axes": {"level": "WARNING"},
        "gunicorn.error": {"handlers": [], "propagate": True},
    },
}


class QuietFormatter(logging.Formatter):
    """Write one line per record, and at a terminal the places of an exception below it."""

    def __init__(self, *, readable: bool | None = None) -> None:
        super().__init__()
        self._render = readable_line if (sys.stderr.isatty() if readable is None else readable) else json.dumps

    def format(self, record: logging.LogRecord) -> str:
        return self._render(redact(line_of(record)))


def line_of(record: logging.LogRecord) -> Line:
    written_at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")
    event = event_of(record)
    kind, _error, frames = record.exc_info or (None, None, None)
    # An invalid request has no trace, but its thread may still hold the trace of the request before.
    trace_id = None if event == INVALID_REQUEST else trace_id_in_logs.get()
    return {
        "timestamp": written_at.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": event,
        **({"trace_id": trace_id} if trace_id else {}),
        **{key: getattr(record, key) for key in FIELDS if hasattr(record, key)},
        **({"exception": kind.__name__, "places": _places(frames)} if kind else {}),
    }


def event_of(record: logging.LogRecord) -> str:
    """Return the message; if it would quote a request, return the route of the request instead."""
    if hasattr(record, "request"):
        return f"{responses.get(getattr(record, 'status_code', 0), 'Request')}: {route_of(record.request)}"
    message = _message(record.msg, record.args)
    return QUOTING[record.name].sub(r"\1", message) if record.name in QUOTING else message


def _message(template: object, values: Mapping[str, object] | tuple[object, ...] | None) -> str:
    """Fill in the template, with exceptions by their class. If the values do not fit, return the template as it is."""
    if isinstance(template, BaseException):
        return type(template).__name__
    safe = (
        {name: _by_class(value) for name, value in values.items()}
        if isinstance(values, Mapping)
        else tuple(_by_class(value) for value in values or ())
    )
    try:
        return str(template) % safe if safe else str(template)
    except (KeyError, TypeError, ValueError):
        return str(template)


def _by_class(value: object) -> object:
    return type(value).__name__ if isinstance(value, BaseException) else value


def _places(frames: TracebackType | None) -> list[str]:
    """List the innermost places, the innermost last, without source lines or values."""
    codes = [(frame.f_code, number) for frame, number in walk_tb(frames)]
    return [f"{code.co_filename}:{number}, in {code.co_name}" for code, number in codes[-MAX_PLACES:]]


def redact(line: Line) -> Line:
    """Keep the known keys, hide what looks like a secret, and escape characters that could fake another line."""
    return {key: _clean(line[key]) for key in KEYS if key in line}


def _clean(value: object) -> object:
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, int | float):
        return value
    hidden = SECRETS.sub("[secret]", str(value))
    if hidden.isascii() and hidden.isprintable():
        return hidden
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), hidden)


def readable_line(line: Line) -> str:
    head = f"{line['timestamp']} {line['level'].upper()} {line['logger']}: {line['event']}"
    fields = [f"{key}={line[key]}" for key in ("trace_id", *FIELDS) if key in line]
    exception = [*line.get("places", ()), line["exception"]] if "exception" in line else []
    return "\n".join([" ".join([head, *fields]), *exception])
