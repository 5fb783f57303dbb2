"""International bank account numbers, by the lengths of their countries and their check digits. Free of Django."""

import re
from collections.abc import Iterator

_LENGTHS = """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24
    FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32
    LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24
    RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
"""
_CHARACTER, _MARKS = "(?a:[A-Z0-9])", r"[\W_]"
_SHAPES = (
    rf"{each[:2]}{_MARKS}{{0,6}}\d\d(?:{_MARKS}{{0,6}}{_CHARACTER}){{{int(each[2:]) - 4}}}" for each in _LENGTHS.split()
)
_IBAN = re.compile(f"(?<!{_CHARACTER})(?:{'|'.join(_SHAPES)})(?!{_CHARACTER})", re.IGNORECASE)


def iban_spans(text: str) -> Iterator[tuple[int, int]]:
    """Find the IBANs of a folded text."""
    return (match.span() for match in _IBAN.finditer(text) if _is_iban(match[0]))


def _is_iban(written: str) -> bool:
    """Return whether the check digits hold: the number is 1 modulo 97, with letters as 10 to 35."""
    plain = re.sub(_MARKS, "", written)
    # Words that only look like the beginning of an IBAN, such as "at 20", have few digits after them.
    has_digits = 2 * sum(map(str.isdecimal, plain)) >= len(plain)
    return has_digits and int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1
