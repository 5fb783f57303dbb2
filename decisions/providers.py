"""The providers that propose a result: the workflow's embedded rules, or a model behind the boundary."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic

from django.conf import settings

from boundary.configured import request_digest
from boundary.exchange import ProviderReply, Question
from decisions.contract import Contract
from decisions.prompts import FactsT, Prompt, ReportT
from decisions.workflow import Provider, Workflow

if TYPE_CHECKING:
    from boundary.client import ModelClient

MakeProvider = Callable[[Workflow, str], Provider]


class ModelProvider(Generic[ReportT, FactsT]):
    """Ask the configured model under one prompt version."""

    name = "openai"

    def __init__(
        self,
        *,
        client: "ModelClient",
        prompt: Prompt[ReportT, FactsT, Contract],
        max_completion_tokens: int | None = None,
    ) -> None:
        self._client = client
        self._prompt = prompt
        self._max_completion_tokens = max_completion_tokens
        self.prompt_version = prompt.version
        self.model: str | None = client.model

    def decide(self, report: ReportT, facts: FactsT) -> ProviderReply:
        question = Question(
            system=self._prompt.system(facts),
            user=self._prompt.user(report),
            schema_name=self._prompt.name,
            schema=self._prompt.schema,
            max_completion_tokens=self._max_completion_tokens,
        )
        return self._client.ask(question)


def _model_provider(workflow: Workflow, prompt_version: str) -> Provider:
    from boundary.client import shared_client  # noqa: PLC0415 - importing the SDK costs 0.6 s and 40 MB

    limit = _own_limit(workflow)
    return ModelProvider(client=shared_client(), prompt=workflow.prompts[prompt_version], max_completion_tokens=limit)


def _own_limit(workflow: Workflow) -> int | None:
    """Return the setting of a workflow whose answers are longer or shorter than usual."""
    limit: int | None = getattr(settings, f"{workflow.name.upper()}_MAX_COMPLETION_TOKENS", None)
    return limit


# The rules have one prompt version of their own and ignore the configured one.
PROVIDERS: dict[str, MakeProvider] = {"rules": lambda workflow, _version: workflow.rules, "openai": _model_provider}


def make_provider(workflow: Workflow, name: str, *, prompt_version: str) -> Provider:
    return PROVIDERS[name](workflow, prompt_version)


def request_settings(workflow: Workflow, provider: str) -> str:
    """Return the digest of what shapes the requests to a model; "" for the rules, which send none."""
    return "" if provider == workflow.rules.name else request_digest(_own_limit(workflow))


def configured_prompt(workflow: Workflow) -> str:
    """Return the prompt version that the workflow's own setting names, or its only one."""
    return str(getattr(settings, f"{workflow.name.upper()}_PROMPT", next(iter(workflow.prompts))))


def configured_provider(workflow: Workflow) -> Provider:
    return make_provider(workflow, settings.DECISION_PROVIDER, prompt_version=configured_prompt(workflow))
