# ruff: noqa: RUF001 - texts in other scripts
"""The details of a summary must be in its text, in whatever spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.checking import at_any_speed
from tickets.grounding import ungrounded, ungrounded_details

pytestmark = pytest.mark.any_database

TEXT = """
Order A-102 for 1,299.00 on 3 November 2026 at 14:30, from https://www.shop.example.com/help/. It says "Payment failed".
1023 units, 250 days, invoice RE/2026/00418, ticket 5518 204, file report_2026.csv.
"""
SPELLINGS = {
    TEXT: """
        A 102 | A102 | a 102 | #A-102 | order a-102 | Ａ－１０２ | RE-2026-00418 | RE 2026 00418 | 5518204 | 5518-204
        1299 | 1.299,00 | 1 299,00 | 1299.0 | 1'299.00 | ١٢٩٩ | ١٬٢٩٩٫٠٠ | १२९९ | １２９９ | €1299 | 1299€ | USD1299
        03.11.2026 | 2026-11-03 | 11/03/2026 | 03/11/26 | 3/11 | Nov 3 | November 3rd, 2026 | 3. November
        November 2026 | 3 de noviembre de 2026 | 3 листопада | ٣ نوفمبر ٢٠٢٦ | 2026年11月3日 | 11월 3일
        2:30 pm | 2:30pm | 2.30 pm | 14h30 | 14:30 Uhr
        shop.example.com/help | http://shop.example.com/help | WWW.SHOP.EXAMPLE.COM/help | report_2026.csv
        “payment failed” | «Payment  FAILED» | »payment failed« | 「Payment failed」 | `payment` | 'payment failed'
        „Payment … failed“ | the customer's 'payment'
        12 apples | 7 cats | 250-day wait | 250 d | PS5 | 24/7 | v2 | “?!”""",
    "Am 12.1. um 7.40 Uhr 2.399,00 zł, Bestellung KG-77821": """
        12 January | 7:40 am | 07:40 | PLN 2,399 | KG 77821 | kg77821""",
    "5万2千元，3月8日下午2点半，订单ZH-88120": """
        52,000 | 3/8 | 8 March | March 8 | 2:30 pm | 14:30 | 订单ZH88120 | ZH 88120""",
    "کد ۱۲۳۴۵ در ۲۲ رمضان": "12345 | 22 رمضان | ۲۲",
    "order 000.418.772, 3 million rows, 45k users": "418772 | 3,000,000 | 45,000 | 45000 | 45k",
    "Генератор ГН-3000 і фактура ف/٨٨٢١": "GN-3000 | ГН3000 | F-8821",
    "skus 1001,1002,1003 and the 22/10, then the 29, 3pm": "1001 | 1003 | 22 октября | 29 October | 15:00",
    'צה"ל 15" and 17" screens at the customers\' and users\' desks': """
        צה"ל | 15" or 17" | the users' and customers' desks""",
    "На https://Мой-сайт.рф/вход и в отчёт.pdf": "мой-сайт.рф/вход | http://мой-сайт.рф | отчёт.pdf | НА",
    "请打开https://shop.example.com/help谢谢，或https://例子.公司。": """
        打开https://shop.example.com/help查看 | shop.example.com/help | 在https://例子.公司 查看""",
    "See हिन्दी.भारत/लॉगिन or https://müller.example/straße": "https://हिन्दी.भारत/लॉगिन | müller.example/STRASSE",
    "We lost 20 million and 5k of 3,5 Mio.": "20,000,000 | 20m | 5,000 | 5k | 3.5 million | 3,500,000",
    "А потратил 20 тысяч, два миллиона и 20 m кабеля": """
        20,000 | 20 тыс. | 20k | 20 mil | 2 миллиона | 2 million | 20 metres""",
    "损失20万元，両国で3億円、2千万円": "200,000 | 20万 | 2 lakh | 300,000,000 | 3億 | 2千万 | 20,000,000",
    "Perdí 20 mil euros, soit 20 mille euros": "20,000 | 20 mil | 20 mille | 20k",
    "On 3 May 2020 and 4/5/21, then 6 June '22 and 7-Jul-23": """
        May 3, 2020 | 3.5.20 | 4 May 2021 | 2021-05-04 | 6 June 2022 | 7 July 2023""",
    "Valid until 03/26.": "March 2026 | 03/26",
    "3 to 4 days, 5-6 weeks, part 9-1-1, at 7/8, order 98765, 911": """
        3-4 days | 4–3 | 5-6 weeks | 9-1-1 | 7/8 | 7-8 | 9 8 7 6 5 | 9-8-7-6-5""",
    "Wait two or three days, on 3 November": "2-3 days | 3-11 | 11-3",
}
INVENTED = {
    TEXT: """
        A-103 | B-102 | B 102 | A-10 | A-1023 | A102 and A104 | order-A104 | RE-2026-00419 | 5518205
        102.5 | 1298 | 12.99 | 129900 | 1,299.50 | €99 | 23 | 25 days | 13 apples | 1024 | ٩٩٩ | ９９９ | 2.3.1 | 10.5
        4 November 2026 | Nov 4 | 3 Dec 2026 | Dec 2026 | 3 November 2025 | 2026-11-04 | 04.11.2026 | 3/12
        2026年10月3日 | 2:31 pm | 3:30 pm | 15:00
        shop.example.com/helps | evil.example.com | example.com | shop.example.com.evil.io | http://evil.io | report.csv
        “payment succeeded” | «failed payment» | 'declined' | 「失敗」""",
    "KG-77821 for 2.399,00": "XY-77821 | XY 77821 | 239.900 | 2399.01 | 77821-B",
    "Zwei Pakete am 12.05.": "12.07. | 13.05. | 12 July",
    "订单ZH-88120": "订单ZH-88121 | AB-88120 | 「已退款」 | https://例子.公司 | 打开https://shop.example.com/a查看",
    "Чайник сломался": """
        https://злой-сайт.рф/login | злой-сайт.рф | www.злой.com | https://ü.example/pay | ü.example | отчёт.pdf
        https://हिन्दी.भारत | https://ตัวอย่าง.ไทย | https://💩.example | https://shop例子.公司""",
    "На https://мой-сайт.рф/вход": "https://сайт.рф | https://мой-сайт.рф/выход | https://не-мой-сайт.рф/вход",
    "I lost 20 euros of 5 in 3 May": """
        20 million | 20 Millionen | 20 thousand | 20k | 20 crore | 20 lakh | 20 billion | 20 bn | 20万 | 20億 | 20亿
        20 тысяч | 20 млн | 20 миллионов | 20 mil euros | 20 mille euros | 20 milyon | 20 ล้าน | 5 million | 5k
        3.5 million | 20M euros | $20m | 20 m€ | 20 k EUR""",
    "We lost 20 million euros, 4711 thousand and 5万": "20 euros | 20 thousand | 4711 | 20,000 | 5 lakh",
    "The 3 May parcel cost 20 euros, 19 and 21 more": """
        3 May 2020 | May 2021 | 3 May 2019 | 3/5/20 | 2020-05-03 | 3 May 1920""",
    "My kettle broke": """
        3-11 | 9-1-1 | 7-8-9-10 | 9 8 7 6 5 | 3–11 | 9·1·1 | 9|1|1 | 9_1_1 | 9:1:1 | 5-4 | 3/11 | 1-2-3 days | 9 - 1 - 1
        2-5 days | 3 - 11 | 3 -11 | 3 / 11 | 9, 8, 7, 6, 5 | 9. 1. 1""",
    "order 20-7": "20-5 | 20-8",
}


def examples(table: str) -> list[str]:
    return [example.strip() for line in table.strip().split("\n") for example in line.split(" | ")]


def test_spelling_of_a_detail_does_not_count(subtests: pytest.Subtests) -> None:
    for text, spelling in ((text, each) for text, table in SPELLINGS.items() for each in examples(table)):
        with subtests.test(spelling):
            assert not list(ungrounded_details(f"Customer names {spelling} here.", text))


def test_invented_detail_is_found(subtests: pytest.Subtests) -> None:
    for text, invented in ((text, each) for text, table in INVENTED.items() for each in examples(table)):
        with subtests.test(invented):
            assert ungrounded(f"Customer names {invented} here.", text)


def test_whole_numbers_up_to_12_are_no_details() -> None:
    found = {number for number in range(40) if ungrounded(f"{number} parcels", "Some parcels")}

    assert found == set(range(13, 40))


def test_words_of_a_quote_are_compared_whole() -> None:
    assert ungrounded('It says "ail".', TEXT)
    assert not ungrounded("它说「已退」", "系统显示已退款")


def test_huge_numbers_end_without_an_error() -> None:
    assert ungrounded("9" * 200, "\N{CIRCLED NUMBER TWENTY ONE}" * 4000)
    assert not ungrounded("9" * 200, "9" * 200)


@at_any_speed
@given(st.text(max_size=80), st.text())
def test_every_text_can_be_read(summary: str, text: str) -> None:
    list(ungrounded_details(summary, text))


@at_any_speed
@given(st.integers(13), st.sampled_from(["{}", "№{}", "#{}", "{} €", "({})", "{},", "„{}“", "订单{}号"]))
def test_number_is_grounded_by_itself_and_by_no_longer_one(number: int, spelling: str) -> None:
    summary = spelling.format(number)

    assert not ungrounded(summary, f"Text with {number}.")
    assert ungrounded(summary, f"Text with 7{number} and {number}7.")
