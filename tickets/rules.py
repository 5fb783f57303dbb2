"""
The embedded baseline: a few rules over the text, without network, key or model.

It always answers in the shape of `ticket_extract@1` and never proposes what the check would refuse. It reads English
only. A text in another language gets a high priority, so that nothing urgent is buried. A model must beat it in the
evals; it is no substitute for a model.
"""

from collections.abc import Iterator
from itertools import pairwise

from boundary.exchange import ProviderReply
from decisions.contract import NoFacts
from tickets.check import summary_fault
from tickets.contract import AnswerV1, Category, Impact, Priority, TicketReport, Urgency
from tickets.english import is_english
from tickets.folding import folded
from tickets.gist import joined, sentences
from tickets.keywords import BLOCKED, CAN_WAIT, EVERYONE, IN_DANGER, INSTRUCTS_READER, SEVERAL, SUBJECTS
from tickets.policy import PRIORITIES
from traces.entries import Usage

UNREADABLE = "A support request in a language that the rules cannot read."
NOTHING_LEFT = "A support request."
LEADING = 2


class RulesProvider:
    name = "rules"
    prompt_version = "ticket_extract@1"
    model: str | None = None

    def decide(self, report: TicketReport, facts: NoFacts) -> ProviderReply:
        return ProviderReply(answer=_answer(report.text).model_dump_json(), usage=Usage())


def _answer(text: str) -> AnswerV1:
    plain = folded(text)
    if INSTRUCTS_READER.search(plain):
        return AnswerV1(category=Category.GENERAL, priority=PRIORITIES.of_instructions, summary=_summary(text))
    if not is_english(plain):
        return AnswerV1(category=Category.GENERAL, priority=Priority.HIGH, summary=UNREADABLE)
    priority = PRIORITIES.matrix[_impact(plain), _urgency(plain)]
    return AnswerV1(category=_category(plain), priority=priority, summary=_summary(text))


def _category(text: str) -> Category:
    """Choose the category of most kinds of words. The first sentences count twice, for they name the problem."""
    parts = (text, " ".join(sentences(text)[:LEADING]))
    found = {
        category: sum(bool(kind.search(part)) for kind in kinds for part in parts)
        for category, kinds in SUBJECTS.items()
    }
    best = max(found, key=lambda category: found[category])
    return best if found[best] else Category.GENERAL


def _impact(text: str) -> Impact:
    if EVERYONE.search(text):
        return Impact.EVERYONE
    return Impact.SEVERAL if SEVERAL.search(text) else Impact.ONE


def _urgency(text: str) -> Urgency:
    if IN_DANGER.search(text) or BLOCKED.search(text):
        return Urgency.BLOCKED
    return Urgency.CAN_WAIT if CAN_WAIT.search(text) else Urgency.HAMPERED


def _summary(text: str) -> str:
    return next(summary for summary in _summaries(text) if summary_fault(summary, text) is None)


def _summaries(text: str) -> Iterator[str]:
    """Propose the first sentence with a problem, then any sentence, then a fixed one that the check never refuses."""
    found = sentences(text)
    telling = [IN_DANGER, BLOCKED, *(kind for kinds in SUBJECTS.values() for kind in kinds)]
    pairs = list(pairwise((*found, "")))
    yield from (joined(*pair) for pair in pairs if any(kind.search(pair[0]) for kind in telling))
    yield from (joined(*pair) for pair in pairs)
    yield NOTHING_LEFT
