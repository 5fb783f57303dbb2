"""How log lines look. An exception is told by its class and place: its text may hold what a customer or model wrote."""

import logging
import traceback
from copy import copy
from types import TracebackType

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class QuietFormatter(logging.Formatter):
    """Write one line per record, then the frames of an exception without its text."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        """Format a copy that has not been formatted yet: another handler may have left the exception's text on it."""
        fresh = copy(record)
        fresh.exc_text = None
        return super().format(fresh)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's own name
        kind, _error, frames = ei
        return "".join(traceback.format_tb(frames)) + (kind.__name__ if kind else "")
