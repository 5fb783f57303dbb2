"""
The details of a summary, and whether they are in the customer's text. Free of Django.

Details are quoted spans, addresses of pages, dates, times, codes such as the number of an order, and numbers. Their
spelling does not count. Whole numbers up to 12 are no details, because a 2 may be a "two", but those in 3-11 or 9 1 1
are. Currencies and units are not compared.
"""

import re
from collections.abc import Callable, Iterator

from tickets.amounts import Number, names_scale, numbers, plain
from tickets.dates import dates, times
from tickets.folding import folded
from tickets.source import Source, read
from tickets.spans import addresses, quotes, words

# The start and end of a detail, and whether it is in the text.
Finding = tuple[int, int, bool]
LARGEST_COUNT, LONGEST_UNIT = 12, 2
_CODE = re.compile(
    r"(?<![A-Za-z0-9À-ɏ])(?=[0-9/_-]*[A-Za-z])(?=[A-Za-z/_-]*[0-9])[A-Za-z0-9]+(?:[/_-][A-Za-z0-9]+)*(?![A-Za-zÀ-ɏ])"
)
_MARK = re.compile("[/_-]")
# Letters before a number may belong to a code or be a currency.
_CAPITALS = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,4}) (\d{2,})(?![\d.,]\d|[A-Za-z])")
# 3kg, 15th and 180x200.
_MEASURE = re.compile(r"\d+[A-Za-z]*|\d+[xX]\d+")
_CHAIN_MARK, _PART = "[/_·|:~+*=-]", r"\d{1,2}"
_CHAINS = (
    rf"{_PART}(?:(?: ?{_CHAIN_MARK} ?|[.,;]? ){_PART}){{2,}}(?!\d)",  # 9 8 7 6 and 9-1-1
    rf"{_PART} ?[/-] ?{_PART}(?!\d)",  # 3 / 11
    rf"\d+(?:{_CHAIN_MARK}\d+)+",  # 2026/1187
)
_CHAIN = re.compile(rf"(?<!\d)(?<!\d[.,])(?:{'|'.join(_CHAINS)})(?![\w.,/-]*\d)")
_UNIT = re.compile(r" ?[^\W\d_]")
# What no folded text contains.
_READ = "\N{BROKEN BAR}"
# What comes before a number without a blank and belongs to no code, and what is no number at all.
_CURRENCIES = (
    "usd|eur|gbp|chf|jpy|cny|rmb|inr|rs|brl|pln|czk|sek|nok|dkk|aud|cad|uah|aed|sar|egp|try|rub|krw|thb|mxn|ils|huf"
)
_IGNORED = re.compile(rf"\b(?:v(?=\d{{1,2}}(?!\d))|(?:no|nr|{_CURRENCIES})(?=\d))|\b24/7\b", re.IGNORECASE)


def ungrounded(summary: str, text: str) -> bool:
    """Return whether a detail of the summary is not in the text."""
    return next(ungrounded_details(summary, text), None) is not None


def ungrounded_details(summary: str, text: str) -> Iterator[str]:
    source, rest = read(text), _IGNORED.sub(" ", folded(summary))
    for rule in _RULES:
        for start, end, is_grounded in list(rule(rest, source)):
            if not is_grounded:
                yield rest[start:end]
            # Other rules do not read this detail again.
            rest = rest[:start] + _READ * (end - start) + rest[end:]


def _quotes(summary: str, source: Source) -> Iterator[Finding]:
    for match, parts in quotes(summary):
        yield *match.span(), all(source.has_words(part) for part in parts if words(part))


def _addresses(summary: str, source: Source) -> Iterator[Finding]:
    for start, end in addresses(summary):
        yield start, end, source.has_address(summary[start:end])


def _dates(summary: str, source: Source) -> Iterator[Finding]:
    for date in dates(summary):
        # Two figures may also be a fraction, a range or an amount.
        if date.year or not date.is_in_figures:
            yield *date.span, source.has_date(date)


def _times(summary: str, source: Source) -> Iterator[Finding]:
    for time in times(summary):
        if not time.may_be_amount:
            yield *time.span, source.has_time(time)


def _codes(summary: str, source: Source) -> Iterator[Finding]:
    for match in _CODE.finditer(summary):
        parts = _MARK.split(match[0])
        has_word = any(_is_word(part, is_first=index == 0) for index, part in enumerate(parts))
        if codes := list(filter(_is_code, parts if has_word else [match[0]])):
            yield *match.span(), all(source.has_code(_MARK.sub("", code).lower()) for code in codes)
    for match in _CAPITALS.finditer(summary):
        if source.has_in_code(match[2]):
            yield *match.span(), source.has_code((match[1] + match[2]).lower())


def _chains(summary: str, source: Source) -> Iterator[Finding]:
    """Judge figures that a mark connects: ranges, days, numbers of orders. Here small numbers are details, too."""
    for match in _CHAIN.finditer(summary):
        parts = re.findall(r"\d+", match[0])
        is_grounded = (
            all(_is_in_chain(part, source) for part in parts)
            or _is_close_range(match)
            or source.has_digits("".join(parts))
            or plain("".join(parts)) in source.values
            or any(source.has_date(date) for date in dates(match[0]))
        )
        yield *match.span(), is_grounded


def _is_in_chain(part: str, source: Source) -> bool:
    if _is_count(part):
        return plain(part) in source.values
    return all(_is_grounded(number, source) for number in numbers(part))


def _is_close_range(match: re.Match[str]) -> bool:
    """Return whether this may be a "two or three" of the text, such as 2-3 days."""
    first, mark, last = match[0].partition("-")
    are_counts = bool(mark) and _is_count(first) and _is_count(last)
    return are_counts and int(last) - int(first) == 1 and _UNIT.match(match.string, match.end()) is not None


def _numbers(summary: str, source: Source) -> Iterator[Finding]:
    for number in numbers(summary):
        yield number.start, number.start + len(number.written), _is_grounded(number, source)


def _is_grounded(number: Number, source: Source) -> bool:
    written = number.written
    if number.scale > 1:
        # The text may have "two million" for 2 million.
        is_in_words = _is_count(written) and names_scale(source.text, number.scale)
        return is_in_words or not number.values.isdisjoint(source.values)
    return (
        _is_count(written)
        or not number.values.isdisjoint(source.values)
        or (bool(number.parts) and source.values.issuperset(number.parts))
        or (written.isdecimal() and source.has_digits(written))
        or any(source.has_date(date) for date in dates(written))
        or any(source.has_time(time) for time in times(written))
    )


def _is_count(written: str) -> bool:
    return written.isdecimal() and len(written) <= len(str(LARGEST_COUNT)) and int(written) <= LARGEST_COUNT


def _is_word(part: str, *, is_first: bool) -> bool:
    """Tell a word or a unit, as in 8-year and 24-h, from the letters of a code."""
    return part.isalpha() and not part.isupper() and not (is_first and len(part) <= LONGEST_UNIT)


def _is_code(written: str) -> bool:
    """Tell a code from words, measures such as 3kg, and names with small numbers such as PS5."""
    is_name = written.isalnum() and all(map(_is_count, re.findall(r"\d+", written)))
    return not is_name and not all(map(_MEASURE.fullmatch, _MARK.split(written)))


_RULES: tuple[Callable[[str, Source], Iterator[Finding]], ...] = (
    _quotes,
    _addresses,
    _dates,
    _times,
    _codes,
    _chains,
    _numbers,
)
