"""Let the Nth call to database, provider or clock fail: before it does anything, or after it has done its work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from rotation import service

Done = TypeVar("Done")
CANARY = "canary-7d1e"


@dataclass
class NthCall:
    """Count the calls and let one of them fail; `happened` says whether it came to that."""

    number: int
    fault: type[BaseException]
    late: bool
    calls: list[str] = field(default_factory=list)
    happened: bool = False

    def through(self, name: str, call: Callable[[], Done]) -> Done:
        """Make a call; a late fault comes when its work is done and only the news of it is lost."""
        self.calls.append(name)
        due = len(self.calls) == self.number
        self.happened |= due
        if due and not self.late:
            raise self.fault(CANARY)
        done = call()
        if due:
            raise self.fault(CANARY)
        return done

    def clock(self) -> datetime:
        return self.through("clock", timezone.now)


@contextmanager
def failing(nth: NthCall, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Count what one request does to the database, commits included, and to the clock of its decision."""
    commit: Callable[[BaseDatabaseWrapper], None] = vars(BaseDatabaseWrapper)["_commit"]

    def statement(execute: Callable[..., object], *query: object) -> object:
        return nth.through(str(query[0]).partition(" ")[0], lambda: execute(*query))

    def committed(self: BaseDatabaseWrapper) -> None:
        nth.through("COMMIT", lambda: commit(self))

    patch.setattr(BaseDatabaseWrapper, "_commit", committed)
    patch.setitem(service.decide.__kwdefaults__ or {}, "clock", nth.clock)
    with connection.execute_wrapper(statement):
        yield
