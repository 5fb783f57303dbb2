"""Failures that were foreseen: each carries the code that its row is closed with."""

from typing import ClassVar

from traces.codes import ErrorCode
from traces.entries import Usage


class NamedFailure(Exception):
    """A stop with a name. It carries no text: texts of providers and customers have no way into a log through it."""

    code: ClassVar[ErrorCode]

    def __init__(self, *, usage: Usage | None = None) -> None:
        super().__init__()
        self.usage = usage or Usage()
