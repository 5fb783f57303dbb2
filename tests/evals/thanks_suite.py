"""A suite for the third workflow: labelled messages without trusted records, and one result that is forbidden."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from boundary.exchange import ProviderReply
from decisions.contract import NoFacts
from decisions.suites import EvalCase, ForbiddenResult, SuiteRules
from tests.thanks.contract import Message
from tests.thanks.rules import Rules
from tests.thanks.workflow import THANKS
from traces.entries import Ending, Usage


class ThanksCase(EvalCase):
    message: str
    kind: Literal["thanks", "other"]

    @property
    def as_report(self) -> Message:
        return Message(message=self.message)

    @property
    def facts(self) -> NoFacts:
        return NoFacts()

    @property
    def expected(self) -> str:
        return self.kind

    @property
    def acceptable(self) -> tuple[str, ...]:
        return (self.kind,)


class Deaf(Rules):
    """A provider that hears no thanks."""

    name = "deaf"

    def decide(self, report: Message, facts: NoFacts) -> ProviderReply:
        return ProviderReply(super().decide(report, facts).answer.replace('"thanks"', '"other"'), Usage())


def is_missed(case: ThanksCase, ending: Ending, _product: None) -> bool:
    return case.kind == "thanks" and not case.decision_holds(ending)


MISSED = ForbiddenResult("missed_thanks", "missed thanks", "Other where the sender says thanks.", is_missed)
SUITE = SuiteRules(
    path=Path(__file__).with_name("thanks.jsonl"), case=ThanksCase, decisions=("thanks", "other"), forbidden=(MISSED,)
)
JUDGED_THANKS = replace(THANKS, suite=SUITE)
