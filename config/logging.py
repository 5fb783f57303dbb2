"""
How log lines look, whoever writes them: the service, Django or gunicorn.

At a terminal a line is for reading, anywhere else it is one JSON object. Either way it passes one redaction at the
end: closed keys only, an exception told by its class and places and never by its text, a request by its route.
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

# Every key that a line may have, in this order.
FIELDS = ("method", "route", "status", "duration_ms")
KEYS = ("timestamp", "level", "logger", "event", "trace_id", *FIELDS, "exception", "places")
DEEPEST = 50
# What these lines go on with is not told. gunicorn quotes what the client sent: behind a wrong Content-Length that is
# the report itself. A warning may show a value; its class and place are enough.
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
        # A logger without any handler falls back to one of Python's own, which redacts nothing.
        "none": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django's own handlers would mail posted fields and print a request line twice.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # What was refused stands in the access line already.
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": ["none"], "propagate": False},
        # Three lines at every sign-in, none of them of use.
        "axes": {"level": "WARNING"},
        "gunicorn.error": {"handlers": [], "propagate": True},
    },
}


class QuietFormatter(logging.Formatter):
    """Write one line per record, and at a terminal the places of an exception below it."""

    def __init__(self, *, readable: bool | None = None) -> None:
        """Write JSON unless the lines go to a terminal."""
        super().__init__()
        self._render = readable_line if (sys.stderr.isatty() if readable is None else readable) else json.dumps

    def format(self, record: logging.LogRecord) -> str:
        return self._render(redact(line_of(record)))


def line_of(record: logging.LogRecord) -> Line:
    written_at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")
    event, told = event_of(record), vars(record)
    kind, _error, frames = record.exc_info or (None, None, None)
    # What never became a request of ours has no trace; the thread may still know the one before it.
    trace_id = None if event == INVALID_REQUEST else trace_id_in_logs.get()
    return {
        "timestamp": written_at.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": event,
        **({"trace_id": trace_id} if trace_id else {}),
        **{key: told[key] for key in FIELDS if key in told},
        **({"exception": kind.__name__, "places": _places(frames)} if kind else {}),
    }


def event_of(record: logging.LogRecord) -> str:
    """Make the sentence; a line that would quote a request names its route instead."""
    if hasattr(record, "request"):
        return f"{responses.get(getattr(record, 'status_code', 0), 'Request')}: {route_of(record.request)}"
    sentence = _sentence(record.msg, record.args)
    quoting = QUOTING.get(record.name)
    return quoting.sub(r"\1", sentence) if quoting else sentence


def _sentence(template: object, values: Mapping[str, object] | tuple[object, ...] | None) -> str:
    """Fill a template in, every exception by its class; a template that does not fit its values stays as it is."""
    if isinstance(template, BaseException):
        return type(template).__name__
    quiet = (
        {name: _by_class(value) for name, value in values.items()}
        if isinstance(values, Mapping)
        else tuple(_by_class(value) for value in values or ())
    )
    try:
        return str(template) % quiet if quiet else str(template)
    except (KeyError, TypeError, ValueError):
        return str(template)


def _by_class(value: object) -> object:
    return type(value).__name__ if isinstance(value, BaseException) else value


def _places(frames: TracebackType | None) -> list[str]:
    """Name the innermost places, the latest last; neither their source nor their values."""
    codes = [(frame.f_code, number) for frame, number in walk_tb(frames)]
    return [f"{code.co_filename}:{number}, in {code.co_name}" for code, number in codes[-DEEPEST:]]


def redact(line: Line) -> Line:
    """Let through what a line may have, free of secrets by their shapes and of anything that could fake a line."""
    return {key: _clean(line[key]) for key in KEYS if key in line}


def _clean(value: object) -> object:
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, int | float):
        return value
    hidden = SECRETS.sub("[secret]", str(value))
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), hidden)


def readable_line(line: Line) -> str:
    head = "{timestamp} {level} {logger}: {event}".format_map({**line, "level": line["level"].upper()})
    marks = [f"{key}={line[key]}" for key in ("trace_id", *FIELDS) if key in line]
    below = [*line.get("places", ()), line["exception"]] if "exception" in line else []
    return "\n".join([" ".join([head, *marks]), *below])
