"""Expected failures. Each carries the error code of its row."""

from typing import ClassVar

from traces.codes import ErrorCode
from traces.entries import Usage


class NamedFailure(Exception):
    """A failure with a code and no text, so that no text of a provider or a customer gets into a log through it."""

    code: ClassVar[ErrorCode]

    def __init__(self, *, usage: Usage | None = None) -> None:
        super().__init__()
        self.usage = usage or Usage()
