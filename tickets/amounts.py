"""Numbers as people write them: `1,299.00`, `1.299,00`, `1 299` and `1299` have one value. Free of Django."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from tickets.folding import folded

# Words that multiply the number before them.
_SCALES = {
    1_000: """k thousand tausend tsd mil mille mila tys tysiąc tysiące tysięcy тыс тысяча тысячи тысяч тис тисяча тисячі
        тисяч duizend tusen tusind nghìn ngàn ribu 千 천 ألف آلاف هزار हज़ार พัน""",
    10_000: "万 萬 만 หมื่น",
    100_000: "lakh lakhs लाख แสน",
    1_000_000: (
        "m million millions mln mio millionen millón millones milhão milhões milione milioni"
        " milion miliony milionów miljoen miljon miljoner milyon juta triệu"  # codespell:ignore milion
        " млн миллион миллиона миллионов мільйон мільйона мільйони мільйонів 百万 مليون ملايين میلیون ล้าน"
    ),
    10_000_000: "crore crores करोड़ 千万",
    100_000_000: "億 亿 억",
    1_000_000_000: """billion billions bn mrd milliarde milliarden milliard milliards mld miliardo miliardi miliard
        miliardów миллиард миллиарда миллиардов млрд мільярд мільярда мільярдів miljard miljarder milyar tỷ مليار""",
}
_SCALE_OF = {folded(word): scale for scale, words in _SCALES.items() for word in words.split()}
_LETTER, _THAI = r"[^\W\d_]", "\u0e00"


def _pattern(words: Iterable[str]) -> str:
    """Match one of the words, the longest first. Thai and East Asian words need no blank after them."""
    longest_first = sorted(words, key=len, reverse=True)
    beginnings = "".join(sorted({word[0] for word in longest_first}))
    ends = (word if word >= _THAI else rf"{word}(?!{_LETTER})" for word in longest_first)
    return f"(?=[{beginnings}])(?:{'|'.join(ends)})"


_NUMBER = re.compile(
    rf"(?P<written>\d+(?:[.,']\d+| \d{{3}}(?!\d))*)(?P<scaled> ?(?P<scale>{_pattern(_SCALE_OF)})"
    r"(?:(?P<thousands>\d)[千천])?)?",
    re.IGNORECASE,
)
# 20 m may be metres, and "20 k" has another meaning in Czech, if no currency is beside them.
_UNSURE = re.compile(rf"(?: ?m| k)(?!{_LETTER})(?! ?(?:[€$£¥₹]|eur|usd|gbp|dollar|pound|rupee|zł))", re.IGNORECASE)
_CURRENCIES = ("€", "$", "£", "¥", "₹")
_THOUSANDS = re.compile(r"\d+|\d{1,3}([.,])\d{3}(?:\1\d{3})*|\d{1,2}(?:,\d{2})+,\d{3}")
_DECIMAL = re.compile(r"(\d+)[.,](\d+)")
_BOTH = re.compile(r"(\d{1,3}(?:([.,])\d{2,3})+)(?!\2)[.,](\d+)")


@dataclass(frozen=True)
class Number:
    """
    `1.299` has two values, for it is 1299 or 1.299. `1 299` may also be two numbers, its parts.

    `scale` is what a word after the number surely multiplies it by, or 1. The values are multiplied.
    """

    written: str
    values: frozenset[str]
    parts: tuple[str, ...]
    scale: int
    start: int


def numbers(text: str) -> Iterator[Number]:
    """Find the numbers of a folded text."""
    for match in _NUMBER.finditer(text):
        values, scale = frozenset(_values(match["written"])), 1
        if word := match["scale"]:
            scale = _SCALE_OF.get(word) or _SCALE_OF.get(folded(word.lower()), 1)
            # 2万3千 is 23,000.
            more = int(match["thousands"] or 0) * 1000
            scaled = frozenset(plain(f"{Decimal(each) * scale + more:f}") for each in values if each.count(".") <= 1)
            is_unsure = _UNSURE.match(text, match.start("scaled")) and not text.endswith(_CURRENCIES, 0, match.start())
            values, scale = (values | scaled, 1) if is_unsure else (scaled, scale)
        yield Number(match["written"], values, _parts(match["written"]), scale, match.start())


def names_scale(text: str, scale: int) -> bool:
    """Return whether a text has a word for a scale, as in "two million"."""
    words = (word for word, each in _SCALE_OF.items() if each == scale and (len(word) > 1 or word >= _THAI))
    whole = (word if word >= _THAI else rf"(?<!{_LETTER}){word}(?!{_LETTER})" for word in words)
    return re.search("|".join(whole), text, re.IGNORECASE) is not None


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
