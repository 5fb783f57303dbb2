"""Phone numbers as people write them. Free of Django."""

import re
from collections.abc import Iterator

_DATES = re.compile(
    r"(?<!\d)(?<!\d[./-])(?:\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}([./-])\d{1,2}\2\d{1,2}|\d{1,2}[./-]\d{4})(?![\d./-]*\d)"
)
# Other marks that people put between groups of digits.
_MARKS = str.maketrans("·|_", "---")
_BEFORE, _AFTER = r"(?<![A-Za-z0-9#_])(?<![A-Za-z0-9][.,/\-])", r"(?![.,/\-]?\d)(?![A-Za-z_])"
# International: the sign and eight digits, with any marks between them.
_INTERNATIONAL = re.compile(r"(?<![\w+])(?:\+|(?<!\d[ .-])00(?=[1-9]))[ (]{0,2}[1-9](?:[ ()./-]{0,6}\d){7,14}(?!\d)")
_GAP, _WIDE_GAP, _BLANKS = "[ -]{1,6}", "[ ./-]{1,6}", " {1,6}"
_SHAPES = (
    rf"(?:1{_WIDE_GAP})?\(?[2-9]\d{{2}}\)?[ .-]{{1,6}}\d{{3}}[ .-]{{1,6}}\d{{4}}",  # North America
    r"[2-9]\d{2}[.-]0\d{3}",  # there without its area
    r"(?!\((?:19|20)\d\d\))\(0?\d{1,5}\)(?:[ ./-]{0,6}\d){6,9}",  # an area in brackets
    rf"(?<!\d[ ./-])0[1-9]\d{{0,4}}(?:{_WIDE_GAP}\d{{2,8}}){{1,5}}",  # an area that begins with 0
    r"[78][ -]?\(?9\d{2}\)?(?:[ -]?\d{2,3}){3}",  # Russia
    rf"1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}",  # China
    rf"[1-9]\d{_GAP}9?\d{{4}}{_GAP}\d{{4}}",  # Brazil, Mexico, Indonesia
    rf"[6-9]\d{{4}}{_GAP}\d{{5}}",  # India
    rf"[5-9]\d{{2}}{_GAP}(?!000)\d{{3}}{_GAP}\d{{3}}",  # Spain, Poland, Portugal
    rf"[5-9]\d{{2}}{_BLANKS}\d{{3}}{_BLANKS}\d{{2}}{_BLANKS}\d{{2}}",  # Turkey, Spain
    rf"[2-9]\d{{2}}{_BLANKS}\d{{2}}{_BLANKS}\d{{3}}",  # Norway
    rf"[2-9]\d(?:{_BLANKS}\d{{2}}){{3}}",  # Denmark
    rf"\d(?:{_WIDE_GAP}\d){{8,14}}",  # one digit at a time
    r"0[1-9]\d{7,9}",
    r"1[3-9]\d{9}",
    r"[2-9]\d{9}",
)
_LOCAL = re.compile(f"{_BEFORE}(?:{'|'.join(_SHAPES)}){_AFTER}")
FEWEST_DIGITS, FEWEST_AFTER_0 = 7, 9
_PHONE = (
    r"(?:phone|\btel\b|telef|\bph\b|mobile|\bmob\b|\bcell|what.?s ?app|\bcall\b|\bsms\b|\bfax\b|\bhandy|t[ée]l[ée]ph"
    r"|m[óo]vil|celular|cellulare|\bcontact[oa]?\b|\bcontat(?:o|to)\b|\bkontakt(?:nummer|nr)?\b|контакт|тел|звон|电话|電話"
    r"|手机|手機|携帯|전화|휴대폰|هاتف|جوال|फ़?ोन|मोबाइल|โทร|điện thoại|טלפון|נייד)"
)
_THING = (
    r"(?:\b(?:order|invoice|ticket|case|ref|reference|tracking|booking|reservation|confirmation|serial|imei|sku|article"
    r"|item|part|model|parcel|package|shipment|consignment|transaction|payment|policy|voucher|coupon|batch|lot|meter|rma"
    r"|isbn|ean|vat|claim|quote|receipt|job|device|licen[cs]e|(?:customer|client|account|contract|member|membership|user"
    r"|employee|student|patient|card|request)\W(?:number|no|nr|id)|bestell\w*|auftrag\w*|rechnung\w*|sendung\w*|kunden\w*"
    r"|vertrag\w*|vorgang\w*|artikel\w*|mitglied\w*|buchung\w*|beleg\w*|serien\w*"
    r"|paket\w*|commande|facture|colis|pedido|factura|encomenda|ordine|fattura|bestelling"  # codespell:ignore paket
    r"|factuur|zam[óo]wieni\w*|sipari\w*)|заказ\w*|накладн\w*|订单号?|訂單|单号|运单|注文|주문|طلب|ऑर्डर|#|n°)"
)
_JOINT = r"(?:[^\w\n]{0,3}(?:number|numbers|nummer|num|no|nr|n°|número|id|is|was|of|号码?|番号|번호|رقم|नंबर))"
# After a word for phones a number of seven digits or more is a phone number in any grouping.
_CALLED = re.compile(
    rf"{_PHONE}\.?(?:[^\d\n.!?;]|(?<=n[or])\.){{0,16}}(\(?\d(?:[ ()./-]{{0,6}}\d){{6,14}}){_AFTER}", re.IGNORECASE
)
_NAMES_A_PHONE = re.compile(rf"{_PHONE}\w{{0,8}}{_JOINT}{{0,2}}[^\w\n]{{0,3}}$", re.IGNORECASE)
# After a word for another thing a number is its number.
_NAMES_A_THING = re.compile(rf"{_THING}{_JOINT}{{0,3}}[^\w\n]{{0,3}}$", re.IGNORECASE)


def phone_spans(text: str) -> Iterator[tuple[int, int]]:
    """Find phone numbers in a folded text. Dates and the number after "order number" are not phone numbers."""
    masked = _DATES.sub(lambda date: "_" * len(date[0]), text.translate(_MARKS))
    for pattern, group in ((_INTERNATIONAL, 0), (_LOCAL, 0), (_CALLED, 1)):
        for match in pattern.finditer(masked):
            if _is_phone(match[group], masked[max(0, match.start(group) - 40) : match.start(group)]):
                yield match.span(group)


def _is_phone(number: str, before: str) -> bool:
    if number.startswith("+"):
        return True
    fewest = FEWEST_AFTER_0 if number.startswith("0") else FEWEST_DIGITS
    is_long_enough = sum(character.isdecimal() for character in number) >= fewest
    return is_long_enough and bool(_NAMES_A_PHONE.search(before) or not _NAMES_A_THING.search(before))
