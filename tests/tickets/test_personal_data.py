# ruff: noqa: RUF001 - texts in other scripts
"""Personal data is found in any script and grouping, and the numbers of a usual support text are none."""

from time import process_time

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
"ana smith"@example.com | “ana smith”@example.com | ana+@example.com | ana.@example.com | राखी@example.com
ana@उदाहरण.भारत | ana@ตัวอย่าง.ไทย | ana@xn--e1afmkfd.xn--p1ai | राखी @ उदाहरण.भारत
"""
PHONES = """
+49 30 1234567 | +1 (415) 555-0123 | 0049 30 1234567 | 555-0147 | (555) 010-1234 | 415-555-0123 | 415.555.0123
415 555 0123 | 1-800-555-0199 | 020 7946 0018 | 030/1234567 | 06 12 34 56 78 | 06-12345678 | 090-1234-5678
07700 900123 | 07700900123 | 13812345678 | 电话13812345678 | 138 1234 5678 | 9876543210 | 98765 43210
8 (912) 345-67-89 | +7 912 345 67 89 | 601 234 567 | 912 34 567 | 0532 123 45 67 | (11) 91234-5678 | ٠٥٠ ١٢٣ ٤٥٦٧
+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧ | ０９０－１２３４－５６７８ | phone number 8675309 | Tel.: 8675309 | (02) 9876 5432 | 0812-3456-7890
order A-102, call 415-555-0123 | Customer 415-555-0123 | Telefon-Nr. 9876543210 | 06.12.34.56.78 | 601-234-567
Contact no. 415-555-0132 | My contact no is 98765 43210. | Contact no. 07700 900123 | Meine Nr. 0176 12345678
My order code: 07700 900123 | My id 98765 43210 | no. 9876543210 | № 98765 43210 | Kontakt 8675309 | Ph. no. 8675309
Mob: 8675309 | Контакт: 8675309 | 415·555·0132 | 415 • 555 • 0132 | 07700|900123 | 98765_43210
07700    900123 | 98765   43210 | 0 7 7 0 0 9 0 0 1 2 3 | 0️⃣ 7️⃣ 7️⃣ 0️⃣ 0️⃣ 9️⃣ 0️⃣ 0️⃣ 1️⃣ 2️⃣ 3️⃣
+44·7700·900·123 | +44|7700|900123 | 0️⃣7️⃣7️⃣0️⃣0️⃣9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣ | ⓪➆❼⓪⓪➈⓪⓪①❷❸ | ⑼⑻⑺⑹⒌⒋⒊⒉⒈⑴ | 0̲7̲7̲0̲0̲ ̲9̲0̲0̲1̲2̲3̲
07700\u180b900123 | 07700\u17b4900123 | 07700\u115f900123 | 07700\U000e0020900123 | 07700\u2065900123
"""
CARDS = """
4111 1111 1111 1111 | 4111-1111-1111-1111 | 4111111111111111 | 5 4111111111111111 7 | 378282246310005
٤١١١ ١١١١ ١١١١ ١١١١ | 4111\N{ZERO WIDTH SPACE}1111 11111111 | 6011 0009 9013 9424 | order 4111 1111 1111 1111
4111/1111/1111/1111 | 4111_1111_1111_1111 | 4111, 1111, 1111, 1111 | 4111·1111·1111·1111 | 4111|1111|1111|1111
4111    1111    1111    1111 | 4111 / 1111 / 1111 / 1111 | 4111:1111:1111:1111 | 3782/822463/10005 | 41111111/11111111
4111; 1111; 1111; 1111 | 4️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣ | ➃➀➀➀➀➀➀➀➀➀➀➀➀➀➀➀ | 4111\u180b1111\u17b41111\U000e01001111
"""
IBANS = """
DE89370400440532013000 | DE89 3704 0044 0532 0130 00 | de89 3704 0044 0532 0130 00 belongs to me | NO93 8601 1117 947
GB82 WEST 1234 5698 7654 32 | IBAN:GB82WEST12345698765432.
DE89·3704·0044·0532·0130·00 | DE89|3704|0044|0532|0130|00 | DE89/3704/0044/0532/0130/00 | DE89_3704_0044_0532_0130_00
DE89    3704    0044    0532    0130    00 | DE89, 3704, 0044, 0532, 0130, 00 | GB82•WEST•1234•5698•7654•32
MT84 MALT 0110 0001 2345 MTLC AST0 01S
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
order № 9876543210 | заказ № 98765 43210 | 500 000 000 VND
ISO 9001:2015 | order 0171-2345678 | called about order 1234567 | 2026/1187 | sizes 36, 38, 40, 42 | IN24 order
code 13
error 0x80070057 | 0.123456789 | 4111 1111 1111 1112 | DE88 3704 0044 0532 0130 00 | 0000 0000 0000 0000
订单9876543210
order no. 98765 43210 | invoice nr. 98765 43210 | order_id: 9876543210 | customer id 9876543210
Kunden-Nr. 0171 2345678 | Vertrags-Nr. 9876543210 | member no. 9876543210 | orders 4711, 4712, 4713, 4714
2019, 2020, 2021, 2022, 2023 | 36, 38, 40, 42, 44, 46, 48, 50
12/11/2026 - 13/11/2026 | 4,111.11, 1,111.11 and 1,111.11 | tiktok.com/@shop.name
is 26 euros per month, paid at 20 past ten | IMG_20260114_093312.jpg
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


def test_long_list_of_numbers_is_dropped_at_once() -> None:
    started_at = process_time()

    assert without_personal_data(f"Before {'07 ' * 1300}after").split() == ["Before", "after"]
    assert process_time() - started_at < 1


def test_text_without_personal_data_stays_as_it_is() -> None:
    text = "½ of order №5 — “late”…"

    assert without_personal_data(text) == text


@at_any_speed
@given(st.lists(st.sampled_from([*PERSONAL, "415", "555", "0123", "@", "a.co", "-", " "]), max_size=8).map("".join))
def test_nothing_is_left_after_dropping(text: str) -> None:
    assert not holds_personal_data(without_personal_data(text))
