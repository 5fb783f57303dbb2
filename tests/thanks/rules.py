"""The embedded baseline: one word."""

from boundary.exchange import ProviderReply
from decisions.contract import NoFacts
from tests.thanks.contract import Answer, Message
from traces.entries import Usage


class Rules:
    name, prompt_version = "rules", "thanks@1"
    model: str | None = None

    def decide(self, report: Message, facts: NoFacts) -> ProviderReply:
        kind = "thanks" if "thank" in report.message.lower() else "other"
        answer = Answer.model_validate({"kind": kind, "quote": report.message[:20]})
        return ProviderReply(answer.model_dump_json(), Usage())
