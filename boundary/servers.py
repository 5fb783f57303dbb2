"""
What OpenAI-compatible servers take: a profile of each, as users of the real servers reported it.

A setting of its own overrides each value of a profile. docs/providers.md says how each server is set up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any, Literal

AnswerFormat = Literal["json_schema", "json_object", "prompt"]
LimitField = Literal["max_completion_tokens", "max_tokens"]
SystemRole = Literal["system", "developer", "user"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
# Names that no public name server knows (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal), and those of Kubernetes.
PRIVATE_SUFFIXES = (".localhost", ".local", ".home.arpa", ".internal", ".test", ".svc")


@dataclass(frozen=True)
class Server:
    """
    What a request to a server holds beside model and texts, and who runs such a server.

    `answer_format` says how the server learns the shape of the answer. With `json_schema` it gets the schema in a field
    of its own; with the others we write the schema into the system part. `store` is sent as false or omitted. None
    omits it in chat completions and sends false in the Responses API, whose servers store by default. `system_role` is
    the role of the system part; "user" puts it before the customer's text.

    `company` runs the hosted servers in `domains`. Servers that are `self_hosted` run where people install them. Of a
    gateway neither is known.
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
    company: str = ""
    domains: tuple[str, ...] = ()
    self_hosted: bool = False


# The fields that shape no request.
WHO_RUNS_IT = {"company", "domains", "self_hosted"}
# The values that a setting may replace, OPENAI_ANSWER_FORMAT and so on.
OVERRIDES = ("answer_format", "limit_field", "store", "system_role", "reasoning_effort", "temperature")
SERVERS: Mapping[str, Server] = {
    "openai": Server(limit_field="max_completion_tokens", store="false", company="OpenAI", domains=("openai.com",)),
    "azure": Server(
        limit_field="max_completion_tokens",
        key_header="api-key",
        company="Microsoft Azure",
        domains=("openai.azure.com", "cognitiveservices.azure.com", "ai.azure.com"),
    ),
    "gemini": Server(company="Google", domains=("googleapis.com",)),
    "mistral": Server(company="Mistral AI", domains=("mistral.ai",)),
    "deepseek": Server(answer_format="json_object", company="DeepSeek", domains=("deepseek.com",)),
    "groq": Server(
        answer_format="json_object", limit_field="max_completion_tokens", company="Groq", domains=("groq.com",)
    ),
    "openrouter": Server(company="OpenRouter", domains=("openrouter.ai",)),
    "litellm": Server(),
    "vllm": Server(self_hosted=True),
    "ollama": Server(self_hosted=True),
    "llama-cpp": Server(self_hosted=True),
    "lm-studio": Server(self_hosted=True),
    "tgi": Server(has_schema_as_value=True, self_hosted=True),
    "generic": Server(answer_format="prompt"),
}


def chosen_server(name: str, overrides: Mapping[str, Any]) -> Server:
    """Return a profile with the values that are not None."""
    return replace(SERVERS[name], **{field: value for field, value in overrides.items() if value is not None})


def company_at(host: str) -> str | None:
    """Return who runs the hosted servers at an address, whichever profile is chosen."""
    hosts = {f".{domain}": server.company for server in SERVERS.values() for domain in server.domains}
    return next((company for domain, company in hosts.items() if f".{host}".endswith(domain)), None)


def is_private(host: str) -> bool:
    """Judge a name by its words alone: it is not looked up, because its address may change."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(PRIVATE_SUFFIXES)
