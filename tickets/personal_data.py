"""
Personal data that no summary may hold, even if it is in the text. Free of Django.

These are the kinds with a shape: names and addresses of people have none.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from access.fields import SECRET_SHAPES, looks_like_secret
from tickets.folding import folded, with_marks_as_letters
from tickets.ibans import iban_spans
from tickets.phones import phone_spans

Span = tuple[int, int]
_AT = r"(?:\s?@\s?|\s?[(\[{]\s?(?:at|@)\s?[)\]}]\s?)"
_DOT = r"(?:[.。]|\s?[(\[{]\s?(?:dot|punkt|punto|ponto|point)\s?[)\]}]\s?)"
_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
# Each run of characters is read once, so that a long text takes linear time.
_EMAIL = re.compile(
    rf"(?:\"[^\"\n]{{1,64}}\"{_AT}|(?<!{_LOCAL}){_LOCAL}+(?:(?<=\w){_AT}|(?<!/)@))"
    rf"\w[\w-]{{0,62}}(?:{_DOT}[\w-]{{1,63}}){{0,8}}{_DOT}(?:xn--[\w-]+|[^\W\d_]{{2,}})",
    re.IGNORECASE,
)
_DIGIT_GROUPS, _USUAL_MARKS = re.compile(r"\d+(?:[\W_]{1,6}\d+)*"), re.compile(r"[ .-]{0,3}")
SHORTEST_CARD, LONGEST_CARD = 13, 19
# Digits with other marks, such as commas, may be a list of numbers. So they must begin like a card and have its groups.
_ISSUER, FEWEST_IN_GROUP = re.compile("2[2-7]|[3-6]"), 4
_UNEQUAL_GROUPS = ([4, 6, 5], [4, 6, 4])


def holds_personal_data(text: str) -> bool:
    return next(_spans(folded(text)), None) is not None or looks_like_secret(text)


def without_personal_data(text: str) -> str:
    """Drop personal data. A text that holds some comes back in its folded form."""
    if not holds_personal_data(text):
        return text
    left = folded(text)
    # What is left may make a new number, so look again. Digits beside a number are dropped, too, to need few rounds.
    while spans := list(_spans(left)):
        runs = [run.span() for run in _DIGIT_GROUPS.finditer(left)]
        beside = [run for run in runs if any(start < run[1] and run[0] < end for start, end in spans)]
        kept, position = "", 0
        for start, end in sorted(spans + beside):
            kept += f"{left[position:start]} "
            position = max(position, end)
        left = kept + left[position:]
    return left


def _spans(text: str) -> Iterator[Span]:
    yield from (match.span() for match in _EMAIL.finditer(with_marks_as_letters(text)))
    yield from (match.span() for match in re.finditer(SECRET_SHAPES, text))
    yield from iban_spans(text)
    yield from _card_spans(text)
    yield from phone_spans(text)


def _card_spans(text: str) -> Iterator[Span]:
    """Find card numbers, also between other groups of digits."""
    for run in _DIGIT_GROUPS.finditer(text):
        groups = list(re.finditer(r"\d+", run[0]))
        for first in range(len(groups)):
            for last in range(first, min(first + LONGEST_CARD, len(groups))):
                if _is_card(groups[first : last + 1]):
                    yield run.start() + groups[first].start(), run.start() + groups[last].end()


def _is_card(groups: list[re.Match[str]]) -> bool:
    digits = "".join(group[0] for group in groups)
    return SHORTEST_CARD <= len(digits) <= LONGEST_CARD and _has_check_digit(digits) and _has_shape(digits, groups)


def _has_check_digit(digits: str) -> bool:
    """Return whether the check digit holds, by Luhn. No card begins with 0."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    total = sum(map(int, digits[::-2])) + sum(each // 10 + each % 10 for each in doubled)
    return total % 10 == 0 and digits[0] != "0"


def _has_shape(digits: str, groups: list[re.Match[str]]) -> bool:
    """Return whether the marks between the groups are usual ones, or the groups are those of a card."""
    text, sizes = groups[0].string, [len(group[0]) for group in groups]
    if all(_USUAL_MARKS.fullmatch(text, before.end(), after.start()) for before, after in pairwise(groups)):
        return True
    are_equal = len(set(sizes[:-1])) == 1 and FEWEST_IN_GROUP <= sizes[0] >= sizes[-1]
    return _ISSUER.match(digits) is not None and (are_equal or sizes in _UNEQUAL_GROUPS)
