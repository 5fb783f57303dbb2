"""
Personal data that no summary may hold, even if it is in the text. Free of Django.

These are the kinds with a shape: names and addresses of people have none.
"""

import re
from collections.abc import Iterator

from access.fields import SECRET_SHAPES, looks_like_secret
from tickets.folding import folded
from tickets.ibans import iban_spans
from tickets.phones import phone_spans

Span = tuple[int, int]
_AT = r"(?:\s?@\s?|\s?[(\[{]\s?(?:at|@)\s?[)\]}]\s?)"
_DOT = r"(?:[.。]|\s?[(\[{]\s?(?:dot|punkt|punto|ponto|point)\s?[)\]}]\s?)"
# Bounds keep the time that a long text takes linear.
_EMAIL = re.compile(
    rf"[\w.!#$%&'*+/=?^`{{|}}~-]{{0,64}}\w{_AT}\w[\w-]{{0,62}}(?:{_DOT}[\w-]{{1,63}}){{0,8}}{_DOT}[^\W\d_]{{2,}}",
    re.IGNORECASE,
)
_DIGIT_GROUPS = re.compile(r"\d+(?:[ .-]{1,3}\d+)*")
SHORTEST_CARD, LONGEST_CARD = 13, 19


def holds_personal_data(text: str) -> bool:
    return next(_spans(folded(text)), None) is not None or looks_like_secret(text)


def without_personal_data(text: str) -> str:
    """Drop personal data. A text that holds some comes back in its folded form."""
    if not holds_personal_data(text):
        return text
    left = folded(text)
    # What is left may stand together anew, so look again. Each round drops digits or an address.
    while spans := sorted(_spans(left)):
        kept, position = "", 0
        for start, end in spans:
            kept += f"{left[position:start]} "
            position = max(position, end)
        left = kept + left[position:]
    return left


def _spans(text: str) -> Iterator[Span]:
    for pattern in (_EMAIL, re.compile(SECRET_SHAPES)):
        yield from (match.span() for match in pattern.finditer(text))
    yield from iban_spans(text)
    yield from _card_spans(text)
    yield from phone_spans(text)


def _card_spans(text: str) -> Iterator[Span]:
    """Find card numbers, also between other groups of digits."""
    for run in _DIGIT_GROUPS.finditer(text):
        groups = [(run.start() + each.start(), run.start() + each.end()) for each in re.finditer(r"\d+", run[0])]
        for first, (start, _end) in enumerate(groups):
            for _start, end in groups[first:]:
                digits = re.sub(r"\D", "", text[start:end])
                if len(digits) > LONGEST_CARD:
                    break
                if len(digits) >= SHORTEST_CARD and _is_card(digits):
                    yield start, end


def _is_card(digits: str) -> bool:
    """Return whether the check digit holds, by Luhn. No card begins with 0."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    total = sum(map(int, digits[::-2])) + sum(each // 10 + each % 10 for each in doubled)
    return total % 10 == 0 and digits[0] != "0"
