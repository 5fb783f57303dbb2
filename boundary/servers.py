"""
What OpenAI-compatible servers take: a profile of each, as users of the real servers reported it.

A setting of its own overrides each value of a profile. docs/providers.md says how each server is set up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

AnswerFormat = Literal["json_schema", "json_object", "prompt"]
LimitField = Literal["max_completion_tokens", "max_tokens"]
SystemRole = Literal["system", "developer", "user"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]


@dataclass(frozen=True)
class Server:
    """
    What a request to a server holds beside model and texts.

    `answer_format` says how the server learns the shape of the answer. With `json_schema` it gets the schema in a field
    of its own; with the others we write the schema into the system part. `store` is sent as false or omitted. None
    omits it in chat completions and sends false in the Responses API, whose servers store by default. `system_role` is
    the role of the system part; "user" puts it before the customer's text.
    """

    answer_format: AnswerFormat = "json_schema"
    limit_field: LimitField = "max_tokens"
    store: Literal["false", "omit"] | None = None
    system_role: SystemRole = "system"
    reasoning_effort: Effort | None = None
    temperature: float | None = None
    key_header: Literal["Authorization", "api-key"] = "Authorization"
    # TGI has a shape of its own for the schema.
    has_schema_as_value: bool = False


# The values that a setting may replace, OPENAI_ANSWER_FORMAT and so on.
OVERRIDES = ("answer_format", "limit_field", "store", "system_role", "reasoning_effort", "temperature")
SERVERS: Mapping[str, Server] = {
    "openai": Server(limit_field="max_completion_tokens", store="false"),
    "azure": Server(limit_field="max_completion_tokens", key_header="api-key"),
    "gemini": Server(),
    "mistral": Server(),
    "deepseek": Server(answer_format="json_object"),
    "groq": Server(answer_format="json_object", limit_field="max_completion_tokens"),
    "openrouter": Server(),
    "litellm": Server(),
    "vllm": Server(),
    "ollama": Server(),
    "llama-cpp": Server(),
    "lm-studio": Server(),
    "tgi": Server(has_schema_as_value=True),
    "generic": Server(answer_format="prompt"),
}


def chosen_server(name: str, overrides: Mapping[str, Any]) -> Server:
    """Return a profile with the values that are not None."""
    return replace(SERVERS[name], **{field: value for field, value in overrides.items() if value is not None})
