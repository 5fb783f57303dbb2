"""Make the Nth call to database, provider or clock fail, before or after it has done its work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from decisions.decide import decide

Result = TypeVar("Result")
CANARY = "canary-7d1e"


@dataclass
class NthCall:
    """Count the calls and make one of them fail. `has_failed` is false if there were fewer calls than `number`."""

    number: int
    fault: type[BaseException]
    late: bool
    calls: list[str] = field(default_factory=list)
    has_failed: bool = False

    def run(self, name: str, call: Callable[[], Result]) -> Result:
        """Make a call. A late fault is raised after the work is done, so only its result is lost."""
        self.calls.append(name)
        due = len(self.calls) == self.number
        self.has_failed |= due
        if due and not self.late:
            raise self.fault(CANARY)
        result = call()
        if due:
            raise self.fault(CANARY)
        return result

    def clock(self) -> datetime:
        return self.run("clock", timezone.now)


@contextmanager
def count_calls(nth: NthCall, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pass the statements, commits and clock readings of one request through `nth`."""
    commit: Callable[[BaseDatabaseWrapper], None] = vars(BaseDatabaseWrapper)["_commit"]

    def statement(execute: Callable[..., object], *query: object) -> object:
        return nth.run(str(query[0]).partition(" ")[0], lambda: execute(*query))

    def committed(self: BaseDatabaseWrapper) -> None:
        nth.run("COMMIT", lambda: commit(self))

    patch.setattr(BaseDatabaseWrapper, "_commit", committed)
    patch.setitem(decide.__kwdefaults__ or {}, "clock", nth.clock)
    with connection.execute_wrapper(statement):
        yield
