"""Who proposes a decision: a model behind `openai`, or the embedded `rules`."""

from collections.abc import Callable
from typing import Protocol

from django.conf import settings

from boundary.exchange import ProviderReply
from rotation.contract import CredentialFacts, RotationReport
from rotation.providers.rules import RulesProvider


class DecisionProvider(Protocol):
    """Its name, prompt version and model stand on the row before it is asked."""

    @property
    def name(self) -> str: ...

    @property
    def prompt_version(self) -> str: ...

    @property
    def model(self) -> str | None: ...

    def decide(self, report: RotationReport, facts: CredentialFacts) -> ProviderReply:
        """
        Propose a decision as raw JSON text, in one call.

        :raises boundary.failures.ProviderFailure:
        """


def _model_provider() -> DecisionProvider:
    from rotation.providers.model import ModelProvider  # noqa: PLC0415 - the SDK behind it costs 0.6 s and 40 MB

    return ModelProvider.from_settings()


PROVIDERS: dict[str, Callable[[], DecisionProvider]] = {
    "rules": RulesProvider,
    "openai": _model_provider,
}


def configured_provider() -> DecisionProvider:
    return PROVIDERS[settings.DECISION_PROVIDER]()
