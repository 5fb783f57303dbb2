"""
How log lines look, whoever writes them: the service, Django or gunicorn.

At a terminal a line is for reading, anywhere else it is one JSON object. Either way it passes one redaction at the
end: closed keys only, an exception told by its class and places and never by its text, a request by its route.
"""

import json
import re
import sys
from collections.abc import Mapping
from http.client import responses
from traceback import walk_tb
from types import TracebackType
from typing import Any

from structlog.contextvars import merge_contextvars
from structlog.processors import TimeStamper
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict

from access.fields import SECRET_SHAPES
from config.routes import route_of

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


class QuietFormatter(ProcessorFormatter):
    """Write one line per record, and at a terminal the places of an exception below it."""

    def __init__(self, *, readable: bool | None = None) -> None:
        """Read for JSON unless the lines go to a terminal."""
        render = readable_line if (sys.stderr.isatty() if readable is None else readable) else json_line
        super().__init__(
            processors=[
                add_log_level,
                add_logger_name,
                TimeStamper(fmt="iso", utc=True),
                merge_contextvars,
                ExtraAdder(allow=FIELDS),
                tell_event,
                tell_exception,
                redact,
                render,
            ],
            pass_foreign_args=True,
            use_get_message=False,
        )


def tell_event(_logger: object, _level: str, line: EventDict) -> EventDict:
    """Make the sentence; a line that would quote a request names its route instead."""
    record, values = line["_record"], line["positional_args"]
    if hasattr(record, "request"):
        line["event"] = f"{responses.get(getattr(record, 'status_code', 0), 'Request')}: {route_of(record.request)}"
        return line
    line["event"] = _sentence(record.msg, values)
    if quoting := QUOTING.get(record.name):
        line["event"] = quoting.sub(r"\1", line["event"])
    if line["event"] == INVALID_REQUEST:
        # It never became a request of ours; the thread may still know the one before it.
        line.pop("trace_id", None)
    return line


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


def tell_exception(_logger: object, _level: str, line: EventDict) -> EventDict:
    kind, _error, frames = line.get("exc_info") or (None, None, None)
    if kind:
        line["exception"] = kind.__name__
        line["places"] = _places(frames)
    return line


def _places(frames: TracebackType | None) -> list[str]:
    """Name the innermost places, the latest last; neither their source nor their values."""
    codes = [(frame.f_code, number) for frame, number in walk_tb(frames)]
    return [f"{code.co_filename}:{number}, in {code.co_name}" for code, number in codes[-DEEPEST:]]


def redact(_logger: object, _level: str, line: EventDict) -> EventDict:
    """Let through what a line may have, free of secrets by their shapes and of anything that could fake a line."""
    return {key: _clean(line[key]) for key in KEYS if key in line}


def _clean(value: object) -> object:
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, int | float):
        return value
    hidden = SECRETS.sub("[secret]", str(value))
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), hidden)


def json_line(_logger: object, _level: str, line: EventDict) -> str:
    return json.dumps(line)


def readable_line(_logger: object, _level: str, line: EventDict) -> str:
    head = "{timestamp} {level} {logger}: {event}".format_map({**line, "level": line["level"].upper()})
    marks = [f"{key}={line[key]}" for key in ("trace_id", *FIELDS) if key in line]
    below = [*line.get("places", ()), line["exception"]] if "exception" in line else []
    return "\n".join([" ".join([head, *marks]), *below])
