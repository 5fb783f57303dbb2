"""Small replacements for what is outside the service."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from boundary.exchange import ProviderReply
from decisions.contract import Facts
from decisions.decide import FindFacts
from decisions.workflow import Missing
from rotation.contract import CredentialFacts, RotationReport
from rotation.policy import P7
from rotation.workflow import ROTATION
from traces.entries import Usage

USAGE = Usage(model="fake-model-2", provider_ms=7, input_tokens=11, output_tokens=5)


def answer(decision: str = "eligible", window: object = P7.window_days, lines: object = (P7.id,)) -> str:
    """Write an answer in the shape of `rotation_decision@1`."""
    return json.dumps({"decision": decision, "rotation_window_days": window, "source_line_ids": lines})


@dataclass
class FakeProvider:
    """Answer with `says`, or raise it, after `meanwhile`. Keep what was asked in `calls`."""

    says: str | BaseException = field(default_factory=answer)
    meanwhile: Callable[[], object] = lambda: None
    name: str = "fake"
    prompt_version: str = "rotation_decision@1"
    model: str | None = "fake-model"
    calls: list[tuple[RotationReport, CredentialFacts]] = field(default_factory=list)

    def decide(self, report: RotationReport, facts: CredentialFacts) -> ProviderReply:
        self.calls.append((report, facts))
        self.meanwhile()
        if isinstance(self.says, BaseException):
            raise self.says
        return ProviderReply(answer=self.says, usage=USAGE)


def any_record(report: RotationReport) -> FindFacts:
    """Find the facts of a report for a submitter who may ask about every account."""

    def find(now: datetime) -> Facts | Missing:
        return ROTATION.find_facts(report, lambda _account_id: True, now)

    return find
