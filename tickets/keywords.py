"""The English words by which the rules read a support text. Free of Django."""

import re
from collections.abc import Mapping

from tickets.contract import Category


def _any_of(patterns: str) -> re.Pattern[str]:
    """Compile patterns with semicolons between them. Each begins at the beginning of a word."""
    return re.compile("|".join(rf"\b(?:{' '.join(each.split())})" for each in patterns.split(";")), re.IGNORECASE)


# An order begins a clause, and no quoted words: "I tried to bypass" and "it says 'ignore the rules'" tell a story.
_ORDER = (
    r"(?:^|[.!?:;,(>*-]|\b(?:please|kindly|you (?:must|should|shall|will|have to|need to|are to)))"
    r"[ \t>*-]{0,4}(?:(?:and|now|so|then|just|first|simply|instead),? )?"
)
_OTHERS = r"(?:(?:all|any|every|the|your|of|these|those|this|previous|prior|earlier|above|other|system) )*"
_CATEGORY = r"(?:billing|account|order|security|general)\b"
_MACHINE = r"(?:ai|llm|language model|bot|classifier|summari[sz]er)\b"
_RULES = r"(?:instructions?|rules?|polic(?:y|ies)|prompts?|guidelines?)\b"
INSTRUCTS_READER = re.compile(
    rf"{_ORDER}(?:ignore|disregard|forget|override|bypass) {_OTHERS}{_RULES}"
    rf"|{_ORDER}(?:set|choose|use|assign|put|make|output) [^.\n]{{0,20}}\bcategory\b[^.\n]{{0,12}}\b{_CATEGORY}"
    rf"|{_ORDER}(?:classify|categori[sz]e|label|tag|rate|file|report) (?:this|the|my|it)\b[^.\n]{{0,30}}"
    rf"\b(?:as|under) {_CATEGORY}(?! \w)"
    rf"|{_ORDER}(?:output|respond|answer|reply|say|write|print) (?:(?:only|just|with|in|me|valid) )*"
    r"(?:json|the word|your (?:prompt|rules))\b"
    rf"|\bcategory ?= ?{_CATEGORY}|\"category\" ?: ?\"{_CATEGORY}"
    rf"|\b(?:dear|listen,|attention,?|note (?:to|for) (?:the|any|every)) {_MACHINE}"
    r"|\bnew (?:task|instructions?) for the assistant\b"
    # A marker that begins a message to a model.
    r"|\|>(?:system)?\s*you (?:are|must|will)\b",
    re.IGNORECASE | re.MULTILINE,
)
# Each kind of words counts once. The category with the most kinds wins, and the first of equals.
SUBJECTS: Mapping[Category, tuple[re.Pattern[str], ...]] = {
    Category.SECURITY: (
        _any_of("phish; scam; fraud; hack; malware; vulnerab; impersonat; identity theft; stolen"),
        _any_of(r"""un-?authori[sz]ed; not authori[sz]ed; suspicious; compromised; breach; harass; threat; blackmail;
            exposed; privacy; spoof; pretending; weakness; security; take-?over; leaked (?!from|water|oil)"""),
        _any_of(r"""some(?:one|body)(?: else)?(?: has| is|'s)? (?:logged|changed|using|used|got|accessed|bought);
            (?:i|we) (?:did not|didn't|never) (?:make|place|authori[sz]e|request|buy|log|sign up)\b; log ?ins? from;
            (?:other|another|different|someone else's) (?:user|customer|patient|person|people|client)'?s?'?
            (?:data|details|invoice|record|file|name); (?:is|was) (?:this|it) (?:really )?(?:from you|genuine|real)"""),
    ),
    Category.BILLING: (
        _any_of("refund; money back; reimburs; chargeback"),
        _any_of(r"charge; overcharg; double.charg; bill(?:ed|ing|s)?\b; debit; deducted; paid; pay(?:ing|ments?)?\b"),
        _any_of(r"invoice; receipt; vat\b; tax(?:es)?\b; bank statement; credit note"),
        _any_of(r"price; pricing; discount; coupon; voucher; promo; subscription; fees?\b; renew; cost"),
        _any_of("credit card; every card; installment; instalment; checkout; cancelled my (?:membership|subscription)"),
    ),
    Category.ACCOUNT: (
        _any_of(r"log(?:ged|ging)? ?(?:in|on|out)\b; sign(?:ed|ing)?[ -]?(?:in|on|up)\b; locked out; access\b"),
        _any_of(r"password; passcode; pin\b; reset link; verification; username"),
        _any_of(r"""2fa\b; two.factor; second factor; authenticator; (?:sms|backup|login|digit) codes?\b; sso\b;
            one.time; single sign"""),
        _any_of(r"""(?:my|our|your|an) account; profile; permission; admin rights?; role; delete my; surname;
            (?:change|update) (?:my|the|our) (?:e-?mail|name|phone|number); (?:new|old) number"""),
    ),
    Category.ORDER: (
        _any_of(r"deliver; ship(?:s|ped|ping)?\b; shipment; courier; driver; dispatch; arriv(?:e|ed|ing|es)\b"),
        _any_of(r"parcel; package; tracking; box\b; warehouse; in stock; pre-?order; depot"),
        _any_of(r"order(?:ed|s)?\b; purchase; bought"),
        _any_of(r"return(?:ed|ing|s)?\b; exchange; replace; swap; send (?:it |them )?back; rma\b"),
        _any_of(r"""wrong (?:item|size|colou?r|product|one|order|model); damaged; smashed; dented; torn; in pieces;
            missing; instead of; cracked; never (?:came|arrived|turned up|received); not received"""),
    ),
    Category.GENERAL: (
        _any_of("crash; bug; glitch; freeze; freezing; froze; error; blank; slow; broke; noise; leaks from"),
        _any_of(r"""(?:doesn't|won't|isn't|not|stopped|no longer) (?:work|open|load|start|connect|turn|sync)"""),
        _any_of(
            "how (?:do|can|to|does); is (?:it|there) (?:possible|a way|any way); does (?:the|it|this|your); do you"
        ),
        _any_of(r"""apps?\b; version; update; firmware; browser; export; csv; upload; install; screen; battery"""),
        _any_of("feature; suggest; feedback; would be (?:nice|great); just want(?:ed)? to (?:say|thank); well done"),
    ),
}
_MANY = r"(?:my|several|some|other|many|two|three|four|five|six|eight|ten|\d+)(?: \w+)?"
_NOT = r"(?:can(?:'t|not| not)|could(?:n't| not)|unable to|not able to|(?:won't|doesn't) let (?:me|us))(?: even)?"
EVERYONE = _any_of(r"""
    (?:all|every|any) (?:of )?(?:our |your |the )?(?:user|customer|employee|patient|client|student|member|store|site);
    (?:all|every|any) (?:our |your |the )?(?:staff|colleagues|people); every ?(?:one|body)\b; nobody; no one;
    none of us; company.?wide; publicly; (?:web)?site(?: is|'s) down;
    (?:whole|entire) (?:company|site|office|school|firm|building|system|department|shop)""")
SEVERAL = _any_of(rf"""
    our (?:team|office|staff|company|school|clinic|department|shop|store|practice|colleagues|users|customers);
    {_MANY} (?:users|customers|staff|employees|patients|clients|students|members|people|team\b);
    (?:all|both|\w+) of us\b; we (?:all|are all)\b; team ?mates?; colleagues; the (?:whole )?team; co-?workers""")
IN_DANGER = _any_of(r"""smok(?:e|ing|ed)\b; on fire; caught fire; flames; burn(?:ed|t|ing); electric shock; sparks;
    injur; bleed; allerg; gas leak; hacked; stolen; fraud; take-?over; leaked; breach; un-?authori[sz]ed;
    some(?:one|body)(?: else)? (?:has |is )?(?:logged|changed|using|used|accessed)""")
BLOCKED = _any_of(rf"""
    {_NOT} (?:log|sign|access|get in|open|pay|use|work|enter|check out|do any); locked out; shut out; suspended;
    (?:charged|billed|debited|paid) (?:\w+ ){{0,2}}(?:twice|two times|double|three times|again); double.charg;
    overcharg; wants? (?:a|my|the) (?:refund|money); (?:money|refund)[^.]{{0,40}}(?:back|never|still); is down\b;
    lost (?:all|everything|my|our); (?:data|files|photos|notes)[^.]{{0,20}}(?:gone|lost|deleted|wiped);
    (?:completely|totally) (?:dead|broken|stuck); won't (?:turn on|start|boot|power); nothing works; at a standstill;
    losing (?:money|sales|customers|orders); (?:nobody|no one|none of us|not one)(?: \w+){{0,4}} can;
    (?:refus|reject|turn)\w* (?:down )?every""")
CAN_WAIT = _any_of(r"""
    no (?:rush|hurry); not urgent; when(?:ever)? you (?:get|have) (?:a |the )?(?:chance|time|minute); is it possible;
    how (?:do|can|to|much|long|does); is there (?:a|any); do you; does (?:the|it|this|your); can i; could you;
    wondering; would (?:be|love|like to know); curious; suggest; feature request; feedback; typo; minor; fyi; no harm;
    just want(?:ed)? to; thank you for; unsubscribe; newsletter; where can; what (?:is|are); when will;
    will (?:the|you|it|there); just so you know; backlog; (?:one|a) (?:small|little|tiny) (?:thing|detail);
    keeping it; cosmetic; no need to""")
