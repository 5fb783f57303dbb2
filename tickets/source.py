"""A customer's text in forms that the details of a summary can be compared with. Free of Django."""

import re
from dataclasses import dataclass
from itertools import chain, pairwise

from decisions.scripts import letters_without_blanks
from tickets.amounts import Number, numbers, plain
from tickets.dates import Date, Time, dates, times
from tickets.folding import folded
from tickets.months import months
from tickets.spans import without_beginnings, words

# The digits of a number of this length may be in groups, such as 5518 204.
FEWEST_GROUPED = 4
HOURS = 24
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
# Cards expire in a month and year such as 03/26.
_YEAR_AFTER_MONTH = re.compile(r"(?<![\d./-])(?:0\d|1[0-2])/(\d\d)(?![\d/-]|[.,]\d)")
_CODE_BEGINNING = re.compile("[a-z]+(?=[0-9]+$)")


@dataclass(frozen=True)
class Source:
    """
    What a text contains.

    Years have four digits. `scaled` are the digits before words such as "million". Hours are numbers outside dates, and
    `sure_times` the times that cannot be amounts.
    """

    text: str
    words: str
    values: frozenset[str]
    scaled: frozenset[str]
    years: frozenset[str]
    months: frozenset[int]
    hours: frozenset[int]
    times: frozenset[tuple[int, int]]
    sure_times: frozenset[tuple[int, int]]

    def has_words(self, span: str) -> bool:
        """Compare words only, and not the marks between them. Scripts without blanks have no borders of words."""
        sought = words(span)
        if letters_without_blanks(sought):
            return sought.replace(" ", "") in self.words.replace(" ", "")
        return f" {sought} " in f" {self.words} "

    def has_address(self, address: str) -> bool:
        """Look for a whole address. In scripts without blanks a word may be directly before or after it."""
        sought = without_beginnings(address.casefold()).strip(" /")
        has_borders = not (sought.isascii() or letters_without_blanks(sought))
        other = r"\w" if has_borders else "a-z0-9_"
        pattern = rf"(?<![{other}.-]){re.escape(sought)}(?![{other}-]|\.[{other}])"
        return re.search(pattern, without_beginnings(self.text)) is not None

    def has_digits(self, digits: str) -> bool:
        """Look for a long number, perhaps in groups, and not within another number."""
        pattern = rf"(?<!\d)(?<!\d[.,])0*{'[ /_-]?'.join(digits)}(?![.,]?\d)"
        if len(digits) < FEWEST_GROUPED or digits in self.scaled:
            return False
        return re.search(pattern, self.text) is not None

    def has_code(self, code: str) -> bool:
        """Look for these letters and digits in this order, with marks between them or without."""
        marked = code[0] + "".join(_marks(*pair) + pair[1] for pair in pairwise(code))
        if re.search(rf"(?<![a-z0-9]){marked}(?![a-z0-9])", self.text):
            return True
        # A summary may spell the letters of another alphabet with Latin ones.
        beginning = _CODE_BEGINNING.match(code)
        other = rf"[\u0370-\u2e7f]{{1,4}}[/-]?{code[beginning.end() :]}(?![a-z0-9])" if beginning else None
        return other is not None and re.search(other, self.text) is not None

    def has_in_code(self, digits: str) -> bool:
        """Return whether these digits follow letters without a blank."""
        return re.search(rf"[a-z][/_-]?{digits}(?!\d)", self.text) is not None

    def has_date(self, date: Date) -> bool:
        """Look for day, month and year, wherever each of them is in the text."""
        return (date.year is None or not self.years.isdisjoint(_years(date.year))) and any(
            month in self.months and (day is None or str(day) in self.values) for day, month in date.readings
        )

    def has_time(self, time: Time) -> bool:
        """Look for a time on a clock of 12 or 24 hours. The text may write a full hour as a number."""
        if (time.hour, time.minute) in (self.sure_times if time.may_be_amount else self.times):
            return True
        return not (time.minute or time.may_be_amount) and time.hour in self.hours


def read(text: str) -> Source:
    written = folded(text)
    found, amounts = list(dates(written)), list(numbers(written))
    clock = [((time.hour, time.minute), time.may_be_amount) for time in times(written)]
    return Source(
        text=written.casefold(),
        words=words(written),
        values=_values(amounts, found),
        scaled=frozenset(re.sub(r"\D", "", number.written) for number in amounts if number.scale > 1),
        years=_all_years(written, found),
        months=frozenset(each for each, _ in months(written)) | {each for date in found for _, each in date.readings},
        hours=_hours(written, found),
        times=frozenset(each for each, _ in clock),
        sure_times=frozenset(each for each, may_be_amount in clock if not may_be_amount),
    )


def _all_years(text: str, found: list[Date]) -> frozenset[str]:
    of_dates = [date.year for date in found if date.year] + _YEAR_AFTER_MONTH.findall(text)
    return frozenset(_YEAR.findall(text)).union(*map(_years, of_dates))


def _years(written: str) -> frozenset[str]:
    """Return a year with four digits. One with two may be of either century."""
    return frozenset({f"19{written}", f"20{written}"} if len(written) == len("26") else {written})


def _values(amounts: list[Number], found: list[Date]) -> frozenset[str]:
    of_numbers = (value for number in amounts for value in (*number.values, *number.parts))
    of_days = (str(day) for date in found for day, _month in date.readings)
    of_years = (plain(date.year) for date in found if date.year)
    return frozenset(chain(of_numbers, of_days, of_years))


def _hours(text: str, found: list[Date]) -> frozenset[int]:
    """Return the hours of a clock of twelve that a number outside dates may be."""
    for date in found:
        text = text[: date.span[0]] + "|" * (date.span[1] - date.span[0]) + text[date.span[1] :]
    written = {number.written for number in numbers(text)}
    return frozenset(hour % 12 for hour in range(HOURS + 1) if str(hour) in written)


def _marks(before: str, after: str) -> str:
    if before.isdigit() and after.isdigit():
        return "[ /_#-]{0,2}"
    return "[-_/]?" if before.isalpha() and after.isalpha() else r"[ /_.:#-]{0,3}"
