"""
The embedded baseline: a few rules over the text, without network, key or model.

It always answers in the shape of `rotation_decision@1` and never proposes what the check would refuse. It reads
English only. A model must beat it in the evals; it is no substitute for a model.
"""

import re

from boundary.exchange import ProviderReply
from rotation.contract import AnswerV1, CredentialFacts, Decision, RotationReport
from rotation.policy import P7, PolicyLine
from traces.entries import Usage


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL)


INSTRUCTS_READER = _any_of(
    r"<\|",
    r"</?(?:system|user|report|assistant)\b",
    r"\bsystem\s*:",
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|rule|polic|prompt|above|previous)",
    r"\b(?:return|answer|reply|respond|output|write|say|decide|mark|treat|rate)\b.{0,80}\beligible",
    r"\bnew policy\b",
    r"\bprint your\b",
    r"\bcite p-?7\b",
)
SERVICE_ACCOUNT = _any_of(
    r"\bservice[-_ ]accounts?", r"\bsvc[-_ ]acc(?:oun)?ts?\b", r"\bsa[-_ ]keys?\b", r"\bsa/[\w-]+"
)
KEY = _any_of(r"\b(?:key|credential)s?\b", r"_keys?\b")
OTHER_SUBJECT = _any_of(
    r"\b(?:password|passphrase|certificate|token)s?\b", r"\b(?:ssh|licen[cs]e|encryption) keys?\b", r"\bPIN\b"
)
STALE = _any_of(
    r"\bstale\b", r"\bolder than (?:the )?policy\b", r"\bunused\b", r"\boutdated\b", r"\bout of date\b", r"\bobsolete\b"
)
NOT_STALE = _any_of(
    r"\b(?:not|never|no longer)(?: \w+)? (?:stale|unused|outdated|obsolete)\b",
    r"\b(?:still|is|are|active|actively) in use\b",
    r"\bin (?:active|daily|constant) use\b",
    r"\b(?:been|was|were|already) (?:rotated|replaced|revoked|deleted)\b",
    r"\bkeys? (?:deleted|revoked|replaced)\b",
)


class RulesProvider:
    name = "rules"
    prompt_version = "rotation_decision@1"
    model: str | None = None

    def decide(self, report: RotationReport, facts: CredentialFacts) -> ProviderReply:
        answer = AnswerV1(
            decision=_judge(report.credential_report, facts, P7),
            rotation_window_days=P7.window_days,
            source_line_ids=(P7.id,),
        )
        return ProviderReply(answer=answer.model_dump_json(), usage=Usage())


def _judge(text: str, facts: CredentialFacts, policy: PolicyLine) -> Decision:
    if INSTRUCTS_READER.search(text):
        return Decision.NEEDS_REVIEW
    if not SERVICE_ACCOUNT.search(text):
        return Decision.NOT_ELIGIBLE
    if not KEY.search(text) or OTHER_SUBJECT.search(text):
        return Decision.NEEDS_REVIEW
    if not STALE.search(text) or NOT_STALE.search(text):
        return Decision.NEEDS_REVIEW
    return Decision.ELIGIBLE if policy.covers(facts) else Decision.NEEDS_REVIEW
