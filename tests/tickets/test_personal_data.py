# ruff: noqa: RUF001 - texts in other scripts
"""Personal data is found in any script and grouping, and the numbers of a usual support text are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.checking import at_any_speed
from tickets.personal_data import holds_personal_data, without_personal_data

pytestmark = pytest.mark.any_database

ADDRESSES = """
joe@example.com | write to joe.b+x@mail.example.co.uk, please | joe＠example。com | zhang@例子.公司
请联系zhang@example.com谢谢
joe @ example.com | joe (at) example (dot) com | joe [at] example.com | JOE@EXAMPLE.COM
"""
PHONES = """
+49 30 1234567 | +1 (415) 555-0123 | 0049 30 1234567 | 555-0147 | (555) 010-1234 | 415-555-0123 | 415.555.0123
415 555 0123 | 1-800-555-0199 | 020 7946 0018 | 030/1234567 | 06 12 34 56 78 | 06-12345678 | 090-1234-5678
07700 900123 | 07700900123 | 13812345678 | 电话13812345678 | 138 1234 5678 | 9876543210 | 98765 43210
8 (912) 345-67-89 | +7 912 345 67 89 | 601 234 567 | 912 34 567 | 0532 123 45 67 | (11) 91234-5678 | ٠٥٠ ١٢٣ ٤٥٦٧
+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧ | ０９０－１２３４－５６７８ | phone number 8675309 | Tel.: 8675309 | (02) 9876 5432 | 0812-3456-7890
order A-102, call 415-555-0123 | Customer 415-555-0123 | Telefon-Nr. 9876543210 | 06.12.34.56.78 | 601-234-567
"""
CARDS = """
4111 1111 1111 1111 | 4111-1111-1111-1111 | 4111111111111111 | 5 4111111111111111 7 | 378282246310005
٤١١١ ١١١١ ١١١١ ١١١١ | 4111\N{ZERO WIDTH SPACE}1111 11111111 | 6011 0009 9013 9424 | order 4111 1111 1111 1111
"""
IBANS = """
DE89370400440532013000 | DE89 3704 0044 0532 0130 00 | de89 3704 0044 0532 0130 00 belongs to me | NO93 8601 1117 947
GB82 WEST 1234 5698 7654 32 | IBAN:GB82WEST12345698765432.
"""
SECRETS = "ghp_abcdefghijklmnopqrstuvwxyz0123 | AKIAABCDEFGHIJKLMNOP | AKIA\N{ZERO WIDTH SPACE}ABCDEFGHIJKLMNOP"
HARMLESS = """
Customer paid twice for order A-102 and wants a refund. | on 03.11.2026 at 14:30 | 2026-11-03
01.02.2026 - 03.04.2026
12-11-2026 13-11-2026 | order 112-1234567-1234567 | order number 9876543210 | Order #9876543210
tracking 00340434161094021
€1,299.00 | 1 299,00 EUR | 12 345 678 views | 1.234.567,89 | 10 000 000 km | 500-1500 EUR | invoice RE-2026-00418
RMA 0093-KL | 77-20913 | gx 5518 204 | version 2.7.3 | 192.168.100.101 | 5580912 | 43–46 | 205/55R16 | 24/7 support
since 2009-2010 | customer number 4401-882 | IMEI 123456789012345 | 08:00-12:00 | @support | look @ this
10 @ 3.50 each
№ 9876543210 | 500 000 000 VND
ISO 9001:2015 | order 0171-2345678 | called about order 1234567 | 2026/1187 | sizes 36, 38, 40, 42 | IN24 order
code 13
error 0x80070057 | 0.123456789 | 4111 1111 1111 1112 | DE88 3704 0044 0532 0130 00 | 0000 0000 0000 0000
订单9876543210
"""


def examples(table: str) -> list[str]:
    return [example.strip() for line in table.strip().split("\n") for example in line.split(" | ")]


PERSONAL = [example for table in (ADDRESSES, PHONES, CARDS, IBANS, SECRETS) for example in examples(table)]


def test_personal_data_is_found_in_every_spelling(subtests: pytest.Subtests) -> None:
    for example in PERSONAL:
        with subtests.test(example):
            assert holds_personal_data(f"Customer writes {example}")


def test_usual_numbers_are_no_personal_data(subtests: pytest.Subtests) -> None:
    for example in examples(HARMLESS):
        with subtests.test(example):
            assert not holds_personal_data(f"Customer writes {example}")


def test_personal_data_is_dropped_and_the_rest_stays(subtests: pytest.Subtests) -> None:
    for example in PERSONAL:
        with subtests.test(example):
            left = without_personal_data(f"Before {example} after")

            assert left.startswith("Before")
            assert left.endswith("after")
            assert not holds_personal_data(left)


def test_text_without_personal_data_stays_as_it_is() -> None:
    text = "½ of order №5 — “late”…"

    assert without_personal_data(text) == text


@at_any_speed
@given(st.lists(st.sampled_from([*PERSONAL, "415", "555", "0123", "@", "a.co", "-", " "]), max_size=8).map("".join))
def test_nothing_is_left_after_dropping(text: str) -> None:
    assert not holds_personal_data(without_personal_data(text))
