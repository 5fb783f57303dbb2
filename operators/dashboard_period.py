"""The period that the dashboard shows: the last 24 hours by the hour, or the last 30 days by the day, in UTC."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from operators.story import list_address
from traces.models import TraceQuerySet

PERIODS = {"24h": "the last 24 hours", "30d": "the last 30 days"}
# A list with one of these shows rows of the right status by itself.
NAMES_STATUS = {"status__exact", "error_code__exact", "failure", "decision__exact", "overdue", "marked_wrong"}


class Number(NamedTuple):
    """A number, what it counts, and the page that shows this. The address is empty where the reader may not open it."""

    value: int
    what: str
    address: str

    @property
    def text(self) -> str:
        return f"{self.value:,}"


@dataclass(frozen=True)
class Period:
    """
    The time from the first of `starts` to `until`. Its parts are hours or days, and the last is not over yet.

    `lookups` restrict the lists that its numbers lead to.
    """

    name: str
    starts: tuple[datetime, ...]
    until: datetime
    lookups: dict[str, str]

    @property
    def title(self) -> str:
        return PERIODS[self.name]

    @property
    def since(self) -> datetime:
        return self.starts[0]

    @property
    def parts(self) -> list["Period"]:
        return [replace(self, starts=(since,), until=until) for since, until in pairwise((*self.starts, self.until))]

    def label(self, start: datetime) -> str:
        return f"{start:%Y-%m-%d}" if self.name == "30d" else f"{start:%H:%M}"

    def since_then(self, since: datetime) -> "Period":
        return replace(self, starts=(since,))

    def of(self, rows: TraceQuerySet) -> TraceQuerySet:
        return rows.filter(started_at__gte=self.since, started_at__lt=self.until)

    def number(self, count: int, what: str, **lookups: str) -> Number:
        """Return a number of traces that started in this time, with the list that shows them."""
        bounds = {"started_at__gte": self.since.isoformat(), "started_at__lt": self.until.isoformat()}
        status = {} if NAMES_STATUS & lookups.keys() else {"status__exact": "all"}
        return Number(count, what, list_address(**bounds, **self.lookups, **status, **lookups))


def read_period(name: str | None, *, at: datetime, lookups: dict[str, str]) -> Period:
    """Return the period of this name, without one the last 24 hours. The hour or day of `at` is its last part."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    if name == "30d":
        days = [hour.replace(hour=0) - timedelta(days=back) for back in range(30)]
        return Period("30d", tuple(reversed(days)), at, lookups)
    return Period("24h", tuple(hour - timedelta(hours=back) for back in reversed(range(24))), at, lookups)
