"""Numbers as people write them: `1,299.00`, `1.299,00`, `1 299` and `1299` have one value. Free of Django."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

# Words that multiply the number before them.
_SCALES = {
    1_000: "k thousand tausend tsd mil mille mila tys tysięcy тыс тысяч тис тисяч 千 천 ألف हज़ार",
    10_000: "万 萬 만",
    100_000: "lakh lakhs लाख",
    1_000_000: "m million millions mln mio millionen millones milhões milioni milionów млн мільйонів 百万 مليون",
    10_000_000: "crore crores करोड़",
    100_000_000: "億 亿 억",
}
_SCALE_OF = {word: scale for scale, words in _SCALES.items() for word in words.split()}
_NO_LETTER = r"(?![^\W\d_])"
_SCALE = "|".join(word + (_NO_LETTER if word < "\u2e80" else "") for word in sorted(_SCALE_OF, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?P<written>\d+(?:[.,']\d+| \d{{3}}(?!\d))*)(?: ?(?P<scale>{_SCALE})(?:(?P<thousands>\d)[千천])?)?",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"\d+|\d{1,3}([.,])\d{3}(?:\1\d{3})*|\d{1,2}(?:,\d{2})+,\d{3}")
_DECIMAL = re.compile(r"(\d+)[.,](\d+)")
_BOTH = re.compile(r"(\d{1,3}(?:([.,])\d{2,3})+)(?!\2)[.,](\d+)")


@dataclass(frozen=True)
class Number:
    """`1.299` has two values, for it is 1299 or 1.299. `1 299` may also be two numbers, its parts."""

    written: str
    values: frozenset[str]
    parts: tuple[str, ...]
    start: int


def numbers(text: str) -> Iterator[Number]:
    """Find the numbers of a folded text."""
    for match in _NUMBER.finditer(text):
        written = match["written"]
        values = set(_values(written))
        if scale := _SCALE_OF.get((match["scale"] or "").lower()):
            # 2万3千 is 23,000.
            more = int(match["thousands"] or 0) * 1000
            values |= {plain(f"{Decimal(each) * scale + more:f}") for each in values if each.count(".") <= 1}
        yield Number(written, frozenset(values), _parts(written), match.start())


def plain(number: str) -> str:
    """Drop the zeros that say nothing: `0012.50` becomes `12.5`."""
    whole, _point, fraction = number.partition(".")
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")


def _values(written: str) -> Iterator[str]:
    compact = re.sub(r"[ ']", "", written)
    if _THOUSANDS.fullmatch(compact):
        yield plain(re.sub(r"[.,]", "", compact))
    if match := _DECIMAL.fullmatch(compact):
        yield plain(f"{match[1]}.{match[2]}")
    elif match := _BOTH.fullmatch(compact):
        yield plain(re.sub(r"[.,]", "", match[1]) + f".{match[3]}")
    elif not compact.isdecimal():
        # A version or a date: its groups are no thousands.
        yield compact.replace(",", ".")


def _parts(written: str) -> tuple[str, ...]:
    """Return the numbers of a list: of one with blanks, or of `1001,1002,1003`, whose groups are no thousands."""
    has_value = _THOUSANDS.fullmatch(written) or _DECIMAL.fullmatch(written) or _BOTH.fullmatch(written)
    groups = written.split(" ") if " " in written else [] if has_value or "." in written else written.split(",")
    return tuple(value for group in groups for value in _values(group))
