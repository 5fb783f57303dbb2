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


def _rules(_prompt_version: str) -> DecisionProvider:
    return RulesProvider()


def _model(prompt_version: str) -> DecisionProvider:
    from rotation.providers.model import ModelProvider  # noqa: PLC0415 - the SDK behind it costs 0.6 s and 40 MB

    return ModelProvider.shared(prompt_version)


# Each is made for a prompt version; the rules have only one and say so.
PROVIDERS: dict[str, Callable[[str], DecisionProvider]] = {"rules": _rules, "openai": _model}


def provider_named(name: str, *, prompt_version: str) -> DecisionProvider:
    return PROVIDERS[name](prompt_version)


def configured_provider() -> DecisionProvider:
    return provider_named(settings.DECISION_PROVIDER, prompt_version=settings.ROTATION_PROMPT)
