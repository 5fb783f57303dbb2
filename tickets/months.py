# ruff: noqa: RUF001 - these are letters of other alphabets.
"""The names of the months, in the languages that customers write. Free of Django."""

import re
from collections.abc import Iterator

# One paragraph a month. A star stands for any ending. Usual words of other languages are left out ("out", "set").
_NAMES = """
    january jan januar* jän jänner janvier janv enero ene janeiro gennaio gen januari stycz* sty
    ledna leden ianuarie tammikuu* január* ocak янв январ* січ січ* януари ιανουάρι* ιαν يناير
    كانون#الثاني ژانویه ינואר जनवरी জানুয়ারি มกราคม ม.ค.

    february feb februar* février févr fevr febrero fevereiro fev febbraio februari luty lutego
    února únor februarie helmikuu* február* şubat фев феврал* лютий лютого лютому февруари
    φεβρουάρι* φεβ فبراير شباط فوریه פברואר फ़रवरी फरवरी ফেব্রুয়ারি กุมภาพันธ์ ก.พ.

    march mar märz mrz mars marzo março maart mrt marts marz* března březen martie maaliskuu*
    március* mart maret март* берез* μάρτι* μαρ مارس آذار מרץ मार्च মার্চ มีนาคม มี.ค.

    april apr avril avr abril abr aprile kwiet* kwi dubna duben aprilie huhtikuu* április* nisan апр
    апрел* квіт* απρίλι* απρ أبريل ابريل إبريل نيسان آوریل אפריל अप्रैल এপ্রিল เมษายน เม.ย.

    may mai mayo maio maggio mag mei maj maja května květen toukokuu* május* mayıs mayıs* май мая
    мае трав* μάι* μαΐ* مايو أيار مه מאי मई মে พฤษภาคม พ.ค.

    june jun juni juin junio junho giugno giu czerw* cze června červen iunie kesäkuu* június*
    haziran* июн июн* черв* юни ιούνι* ιουν يونيو حزيران ژوئن יוני जून জুন มิถุนายน มิ.ย.

    july jul juli juillet juil julio julho luglio lug lipca lipiec lipcu července červenec iulie
    heinäkuu* július* temmuz* июл июл* лип липн* юли ιούλι* ιουλ يوليو تموز ژوئیه יולי जुलाई জুলাই
    กรกฎาคม ก.ค.

    august aug août aout agosto ago augustus augusti sierp* sie srpna srpen elokuu* augusztus*
    agustus ağustos* авг август* серп* αύγουστο* αυγ أغسطس آب اوت אוגוסט अगस्त আগস্ট สิงหาคม ส.ค.

    september sep sept septembre septiembre setembro settembre wrze* wrz září septembrie syyskuu*
    szeptember* eylül* сен сентябр* верес* септември σεπτέμβρι* σεπ سبتمبر أيلول سپتامبر ספטמבר
    सितंबर सितम्बर সেপ্টেম্বর กันยายน ก.ย.

    october oct octobre oktober okt octubre outubro ottobre ott październik* paź října říjen
    octombrie lokakuu* október* ekim* окт октябр* жовт* октомври οκτώβρι* οκτ أكتوبر تشرين#الأول
    اکتبر אוקטובר अक्टूबर अक्तूबर অক্টোবর ตุลาคม ต.ค.

    november nov novembre noviembre novembro listopad* noiembrie marraskuu* kasım* нояб* листопад*
    ноември νοέμβρι* νοε نوفمبر تشرين#الثاني نوامبر נובמבר नवंबर नवम्बर নভেম্বর พฤศจิกายน พ.ย.

    december dec dezember dez décembre déc diciembre dic dezembro dicembre des desember grud* gru
    prosince prosinec decembrie joulukuu* aralık* дек декабр* груд* декември δεκέμβρι* δεκ ديسمبر
    كانون#الأول دسامبر דצמבר दिसंबर दिसम्बर ডিসেম্বর ธันวาคม ธ.ค.
"""


def _pattern(name: str) -> str:
    return re.escape(name).replace(r"\*", r"[^\W\d_]*").replace(r"\#", " ")


MONTH = re.compile(
    # Hebrew writes "in" and "of" without a blank.
    r"(?<![^\W\d_])[בלמ]?(?:"
    + "|".join(
        f"(?P<m{number}>{'|'.join(map(_pattern, sorted(names.split(), key=len, reverse=True)))})"
        for number, names in enumerate(_NAMES.split("\n\n"), start=1)
    )
    + r")(?![^\W\d_])|(?<!\d)(?P<digits>\d{1,2}) ?[月월]",
    re.IGNORECASE,
)


# The expression is long, so it is tried only where a word has the first two letters of a name.
_WORD = re.compile(r"(?<![^\W\d_])(?=([^\W\d_].))|(?<!\d)(?=\d{1,2} ?[月월])", re.DOTALL)
_BEGINNINGS = frozenset(name[:2].casefold() for name in _NAMES.split()) | frozenset(
    prefix + name[0] for prefix in "בלמ" for name in _NAMES.split() if "א" <= name[0] <= "ת"
)


def months(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    """Find the months that a folded text names, each by its number."""
    for word in _WORD.finditer(text):
        is_candidate = word[1] is None or word[1].casefold() in _BEGINNINGS
        if is_candidate and (match := MONTH.match(text, word.start())):
            yield int(match["digits"] or (match.lastgroup or "")[1:]), match
