"""Dates and times of day in a folded text: in figures or with the name of a month, in any order. Free of Django."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tickets.months import months

LAST_DAY, LAST_MONTH, HALF_AN_HOUR = 31, 12, 30
_FIGURES = re.compile(
    r"(?<!\d)(?<!\d[.,/-])(?:(?P<year>\d{4})(?P<first>[./-])(?P<c>\d{1,2})(?P=first)(?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<other>[./-])(?P<b>\d{1,2})(?:(?P=other)(?P<late>\d{4}|\d{2}))?)(?![\d/-]|[.,]\d)"
)
_DAY_BEFORE = re.compile(
    r"(?<!\d)(\d{1,2})(?:[snr][td]|th|er|[.oº°]|-[^\W\d_]{1,2}|[-/])?,? ?(?:(?:of|de|di|d') ?)?$", re.IGNORECASE
)
_DAY_AFTER = re.compile(r"\.?,? ?(?:the )?(\d{1,2})(?:[snr][td]|th|日|일)?(?![\d:]|[.,]\d)", re.IGNORECASE)
# A year of two digits has a mark before it or after it: "3 May 20 parcels" has no year.
_YEAR_AFTER = re.compile(
    r"[.,]{0,2} ?(?:de |del )?(?P<long>\d{4})(?!\d)|(?:[-/.]| ?')(?P<short>\d{2})(?![\w%€$£]|[.:,]\d)"
    r"| (?P<last>\d{2})(?=[.,;!?)]?(?:\n|$)|[.,;!?)]\s)",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<!\d)(?<!\d[.,:])(?P<hour>[01]?\d|2[0-4]) ?(?:(?P<dot>\.)|[:h時时點点시]) ?"
    r"(?P<minute>[0-5]\d|[半반])(?!\d|[.,]\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Date:
    """The readings are pairs of day and month: figures leave open which is which. A day may be left out."""

    readings: tuple[tuple[int | None, int], ...]
    year: str | None
    is_in_figures: bool
    span: tuple[int, int]


@dataclass(frozen=True)
class Time:
    """A time on a clock of twelve hours, so that `14:30` and `2:30 pm` are equal. `14.30` may also be an amount."""

    hour: int
    minute: int
    may_be_amount: bool
    span: tuple[int, int]


def dates(text: str) -> Iterator[Date]:
    """Find dates. Those in figures may lack the year, so `3.5` and `3/5` are dates, too."""
    for match in _FIGURES.finditer(text):
        if readings := _readings(int(match["a"] or match["c"]), int(match["b"] or match["d"])):
            yield Date(readings, match["year"] or match["late"], is_in_figures=True, span=match.span())
    for month, name in months(text):
        before = _DAY_BEFORE.search(text[max(0, name.start() - 12) : name.start()])
        after = None if before else _DAY_AFTER.match(text, name.end())
        year = _YEAR_AFTER.match(text, (after or name).end())
        if (day := before or after) or year or name["digits"]:
            start = name.start() - (len(before[0]) if before else 0)
            yield Date(
                ((int(day[1]) if day else None, month),),
                year["long"] or year["short"] or year["last"] if year else None,
                is_in_figures=False,
                span=(start, (year or after or name).end()),
            )


def times(text: str) -> Iterator[Time]:
    for match in _TIME.finditer(text):
        minute = int(match["minute"]) if match["minute"].isdecimal() else HALF_AN_HOUR
        yield Time(int(match["hour"]) % 12, minute, may_be_amount=match["dot"] is not None, span=match.span())


def _readings(first: int, second: int) -> tuple[tuple[int, int], ...]:
    both = ((first, second), (second, first))
    return tuple((day, month) for day, month in both if 1 <= day <= LAST_DAY and 1 <= month <= LAST_MONTH)
