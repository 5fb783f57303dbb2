"""The sentences of an English support text that may hold its problem, each as one line. Free of Django."""

import re

from tickets.contract import LONGEST_SUMMARY
from tickets.lines import without_hidden
from tickets.personal_data import without_personal_data

FEWEST_WORDS, SHORT = 3, 60
# An earlier mail or a signature begins here.
_END = re.compile(
    r"""-{2,} | _{3,} | on\ .{4,80}\ wrote:$ | sent\ from\ my\b | (?:kind|best|warm|many)?\ ?(?:regards|wishes)\b
    | yours\ (?:sincerely|faithfully|truly)\b | sincerely\b
    | (?:cheers|thanks|thank\ you|thx|best)(?:\ in\ advance|\ so\ much|\ a\ lot)?[,.!\ ]*$""",
    re.IGNORECASE | re.VERBOSE,
)
# Quoted lines and the heads of mails.
_SKIPPED = re.compile(r"[>|]|(?:from|sent|to|cc|date|reply-to)\s*:", re.IGNORECASE)
_LABEL = re.compile(r"(?:subject|re|fwd?|message|description|comments?)\s*:\s*", re.IGNORECASE)
_GREETING = re.compile(
    r"""(?:(?:hi+|hello|hey+|hiya|dear|good\ (?:morning|afternoon|evening|day)|greetings|to\ whom\ it\ may\ concern)\b
    (?:\ (?:there|all|team|everyone|sir|madam|or|and|support|customer|service|folks|guys|again)\b)*
    (?-i:\ [A-Z][\w'-]*(?=[,!:]|$)){0,2}[^\w\n]*)+""",
    re.IGNORECASE | re.VERBOSE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')]?\s+")
# Numbers of accounts, parcels and people are longer than any number that helps a reader.
_LONG_NUMBER = re.compile(r"[A-Za-z]{0,6}[/-]?\d(?:[ -]?\d){7,}\w{0,9}")


def sentences(text: str) -> list[str]:
    """Return the sentences in their order, without greetings, earlier mails, signatures and personal data."""
    found: list[str] = []
    for line in map(str.strip, text.split("\n")):
        if found and _END.match(line):
            break
        if not _SKIPPED.match(line):
            found += [sentence for part in _SENTENCE_END.split(line) if (sentence := _cleaned(part))]
    return found


def joined(first: str, following: str) -> str:
    """Join a short sentence with the next one, and cut at a word."""
    both = f"{first} {following}".strip() if len(first) < SHORT else first
    if len(both) <= LONGEST_SUMMARY:
        return both
    return both[: LONGEST_SUMMARY + 1].rpartition(" ")[0] or both[:LONGEST_SUMMARY]


def _cleaned(sentence: str) -> str:
    bare = sentence
    for beginning in (_LABEL, _GREETING):
        bare = bare[match.end() :] if (match := beginning.match(bare)) else bare
    shown = without_hidden(" ".join(bare.split()))
    left = " ".join(_LONG_NUMBER.sub(" ", without_personal_data(shown)).split())
    left = re.sub(r" (?=[.,;:!?)])|(?<=\() ", "", left)
    return left if len(re.findall(r"\w+", left)) >= FEWEST_WORDS else ""
