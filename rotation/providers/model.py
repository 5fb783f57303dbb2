"""A model's opinion, asked for through the boundary."""

from boundary.client import ModelClient, shared_client
from boundary.exchange import ProviderReply, Question
from rotation.contract import CredentialFacts, RotationReport
from rotation.policy import P7
from rotation.prompt import PROMPTS, Prompt, user_text


class ModelProvider:
    """Ask the configured model under one prompt version."""

    name = "openai"

    def __init__(self, *, client: ModelClient, prompt: Prompt) -> None:
        self._client = client
        self._prompt = prompt
        self.prompt_version = prompt.version
        self.model: str | None = client.model

    @classmethod
    def shared(cls, prompt_version: str) -> "ModelProvider":
        """Ask through the process's one client."""
        return cls(client=shared_client(), prompt=PROMPTS[prompt_version])

    def decide(self, report: RotationReport, facts: CredentialFacts) -> ProviderReply:
        question = Question(
            system=self._prompt.system(P7, facts),
            user=user_text(report),
            schema_name=self._prompt.version.partition("@")[0],
            schema=self._prompt.answer_schema,
        )
        return self._client.ask(question)
