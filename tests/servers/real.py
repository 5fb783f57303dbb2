"""
The servers that people have, as strict as users of the real ones reported them, and the settings for each.

`SERVERS` pairs each with the variables that an operator sets beside address, model and key.
"""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tests.boundary.fault_server import Behaviour, Request, http
from tests.servers.answers import answers, completed, responded, right_answer, sends, streamed
from tests.servers.strict import (
    CHAT,
    RESPONSES,
    StrictServer,
    at,
    fields,
    formats,
    header,
    limited_by,
    names_json,
    no_list_of_types,
    no_system_role,
    refusal,
    schema_as_value,
    strict_schema,
    without_header,
)

KEY = "sk-canary-key"
BEARER = f"Bearer {KEY}"


# ---- Errors, as each server writes them


def of_openai(status: int, code: str | None, kind: str = "invalid_request_error") -> Callable[[str], bytes]:
    def refuse(what: str) -> bytes:
        error = {"message": f"Unsupported: '{what}'.", "type": kind, "param": what, "code": code}
        return refusal(status, {"error": error})

    return refuse


def of_azure(status: int) -> Callable[[str], bytes]:
    return lambda what: refusal(status, {"error": {"code": str(status), "message": f"Resource not found: {what}"}})


def of_gemini(what: str) -> bytes:
    """The compatible path answers with a list of one error."""
    violation = {"description": f'Invalid JSON payload received. Unknown name "{what}": Cannot find field.'}
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    error = {"code": 400, "message": violation["description"], "status": "INVALID_ARGUMENT", "details": details}
    return refusal(400, [{"error": error}])


def of_mistral(what: str) -> bytes:
    fault = {"type": "extra_forbidden", "loc": ["body", what], "msg": "Extra inputs are not permitted", "input": False}
    return refusal(422, {"object": "error", "message": {"detail": [fault]}, "type": "invalid_request_error"})


def of_cerebras(what: str) -> bytes:
    error = {"message": f"'{what}' is unsupported", "type": "invalid_request_error", "param": what}
    return refusal(400, error | {"code": "wrong_api_format"})


def of_old_vllm(what: str) -> bytes:
    """The message is Python's way of writing a list."""
    fault = {"type": "extra_forbidden", "loc": ("body", what), "msg": "Extra inputs are not permitted", "input": False}
    return refusal(
        400, {"object": "error", "message": str([fault]), "type": "BadRequestError", "param": None, "code": 400}
    )


def of_llama_cpp(what: str) -> bytes:
    error = {"code": 400, "message": f"Unsupported: {what}", "type": "invalid_request_error"}
    return refusal(400, {"error": error})


def of_litellm(what: str) -> bytes:
    error = {"message": f"litellm.UnsupportedParamsError: {what}", "type": "None", "param": None, "code": "400"}
    return refusal(400, {"error": error})


def of_tgi(what: str) -> bytes:
    said = f"Failed to deserialize the JSON body into the target type: response_format: missing field `{what}`"
    return http(422, said.encode(), content_type="text/plain; charset=utf-8")


def of_gateway(_what: str) -> bytes:
    said = "Access denied due to missing subscription key."
    return refusal(401, {"statusCode": 401, "message": said})


# ---- Answers, as some servers write them


def in_parts(request: Request) -> Behaviour:
    """A reasoning model's thoughts come before its text."""
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": '{"decision": "not_eligible"}'}]}
    reasoning = {"type": "reasoning", "text": "It is stale. "}
    whole = right_answer(request)
    parts = [thinking, reasoning, {"type": "text", "text": whole[:9]}, {"type": "text", "text": whole[9:]}]
    return answers(lambda asked: completed(asked, content=parts))(request)


def after_blank_lines(body: bytes) -> bytes:
    """Keep-alive lines before a body whose length nobody knows yet."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"\n\n\n\n" + body


def unless_told(request: Request) -> Behaviour:
    return answers()(request) if request.json.get("stream") is False else streamed(request)


def as_gzip(body: bytes) -> bytes:
    return http(200, gzip.compress(body), content_encoding="gzip")


# ---- Servers

BY_KEY = header("authorization", BEARER, of_openai(401, "invalid_api_key"))
OPENAI = StrictServer(
    (
        BY_KEY,
        fields(CHAT | {"store", "max_completion_tokens"}, of_openai(400, "unsupported_parameter")),
        strict_schema(of_openai(400, None)),
        names_json(of_openai(400, None)),
    )
)
OPENAI_RESPONSES = StrictServer(
    (
        BY_KEY,
        at("/v1/responses", of_openai(404, None)),
        fields(RESPONSES, of_openai(400, "unsupported_parameter")),
        strict_schema(of_openai(400, None)),
        names_json(of_openai(400, None)),
    ),
    answers(responded),
)


def has_azure_key(request: Request) -> bytes | None:
    """Take either header, but not both."""
    sent = {name: request.headers[name] for name in ("authorization", "api-key") if name in request.headers}
    return None if sent in ({"authorization": BEARER}, {"api-key": KEY}) else of_azure(401)("key")


DEPLOYMENT = "/openai/deployments/mine"
AZURE = StrictServer(
    (
        at(f"{DEPLOYMENT}/chat/completions?api-version=2024-10-21", of_azure(404)),
        header("api-key", KEY, of_azure(401)),
        without_header("authorization", of_azure(401)),
        fields(CHAT | {"max_completion_tokens"}, of_openai(400, None)),
        strict_schema(of_openai(400, None)),
    ),
    base=DEPLOYMENT,
)
AZURE_V1 = StrictServer(
    (
        at("/openai/v1/chat/completions", of_azure(404)),
        has_azure_key,
        fields(CHAT | {"store", "max_completion_tokens"}, of_openai(400, "unsupported_parameter")),
    ),
    # It names the model that the deployment is made of.
    answers(lambda request: completed(request, more={"model": "gpt-5-mini-2025-08-07"})),
    base="/openai/v1",
)
GEMINI = StrictServer(
    (
        at("/v1beta/openai/chat/completions", of_gemini),
        header("authorization", BEARER, of_gemini),
        fields(CHAT | {"max_tokens", "max_completion_tokens"}, of_gemini),
        no_list_of_types(of_gemini),
    ),
    base="/v1beta/openai",
)
MISTRAL = StrictServer((BY_KEY, fields(CHAT | {"max_tokens"}, of_mistral)))
MISTRAL_REASONING = replace(MISTRAL, answer=in_parts)
DEEPSEEK = StrictServer(
    (
        BY_KEY,
        formats({"json_object", "text"}, of_openai(400, "invalid_request_error")),
        names_json(of_openai(400, "invalid_request_error")),
    ),
    limited_by("max_tokens", sends(after_blank_lines)),
)
GROQ = StrictServer(
    (
        BY_KEY,
        fields(CHAT | {"max_tokens", "max_completion_tokens"}, of_openai(400, None)),
        formats({"json_object", "text"}, of_openai(400, None)),
        names_json(of_openai(400, None)),
    )
)
CEREBRAS = StrictServer((BY_KEY, fields(CHAT | {"max_completion_tokens"}, of_cerebras)))
OPENROUTER = StrictServer((BY_KEY,), sends(after_blank_lines))
LITELLM = StrictServer((BY_KEY, fields(CHAT | {"max_tokens", "max_completion_tokens"}, of_litellm)))
OLD_VLLM = StrictServer((BY_KEY, fields(CHAT | {"max_tokens"}, of_old_vllm)))
VLLM = StrictServer((BY_KEY,))
OLLAMA = StrictServer((), limited_by("max_tokens", answers()))
LLAMA_CPP = StrictServer(
    (BY_KEY, names_json(of_llama_cpp), formats({"text", "json_object", "json_schema"}, of_llama_cpp))
)
LM_STUDIO = StrictServer(
    (
        no_list_of_types(lambda what: refusal(400, {"error": f"'response_format.{what}' must be a string"})),
        formats({"json_schema", "text"}, lambda what: refusal(400, {"error": f"'{what}' must be json_schema or text"})),
    ),
    limited_by("max_tokens", answers()),
)
OLD_TGI = StrictServer((schema_as_value(of_tgi),), limited_by("max_tokens", answers()))
NO_SYSTEM_ROLE = StrictServer((BY_KEY, no_system_role(of_old_vllm), fields(CHAT | {"max_tokens"}, of_old_vllm)))
GATEWAY = replace(OPENAI, rules=(header("x-tenant-key", "canary-tenant", of_gateway), *OPENAI.rules))
STREAMING = replace(OPENAI, answer=unless_told)
COMPRESSING = replace(OPENAI, answer=sends(as_gzip))
ANYTHING_GOES = StrictServer((fields(CHAT - {"response_format"} | {"max_tokens"}, of_llama_cpp),))


@dataclass(frozen=True)
class Profile:
    server: StrictServer
    settings: Mapping[str, str] = field(default_factory=dict)


def _profile(server: StrictServer, name: str, /, **settings: str) -> Profile:
    return Profile(server, {"OPENAI_SERVER": name, **settings})


PROFILES: Mapping[str, Profile] = {
    "openai": _profile(OPENAI, "openai"),
    "openai, Responses": _profile(OPENAI_RESPONSES, "openai", OPENAI_WIRE="responses"),
    "azure, deployment path": _profile(AZURE, "azure", OPENAI_API_VERSION="2024-10-21"),
    "azure, v1 path": _profile(AZURE_V1, "openai"),
    "azure, v1 path, its own profile": _profile(AZURE_V1, "azure"),
    "gemini": _profile(GEMINI, "gemini"),
    "mistral": _profile(MISTRAL, "mistral"),
    "mistral, reasoning": _profile(MISTRAL_REASONING, "mistral"),
    "deepseek": _profile(DEEPSEEK, "deepseek"),
    "groq": _profile(GROQ, "groq"),
    "cerebras": _profile(CEREBRAS, "openai", OPENAI_STORE="omit"),
    "openrouter": _profile(OPENROUTER, "openrouter"),
    "litellm": _profile(LITELLM, "litellm"),
    "vllm, older": _profile(OLD_VLLM, "vllm"),
    "vllm": _profile(VLLM, "vllm"),
    "ollama": _profile(OLLAMA, "ollama"),
    "llama-cpp": _profile(LLAMA_CPP, "llama-cpp"),
    "lm-studio": _profile(LM_STUDIO, "lm-studio"),
    "tgi, older": _profile(OLD_TGI, "tgi"),
    "generic": _profile(ANYTHING_GOES, "generic"),
    "no system role": _profile(NO_SYSTEM_ROLE, "vllm", OPENAI_SYSTEM_ROLE="user"),
    "gateway with its own header": _profile(
        GATEWAY, "openai", OPENAI_EXTRA_HEADERS=json.dumps({"X-Tenant-Key": "canary-tenant"})
    ),
    "gateway that streams": _profile(STREAMING, "openai"),
    "gateway that compresses": _profile(COMPRESSING, "openai"),
}
# How these end with the default profile, which sends what 0.2.0 sent: refused, or without any limit.
WITHOUT_PROFILE = {
    "azure, deployment path": "provider_rejected, HTTP 404",
    "gemini": "provider_rejected, HTTP 400",
    "mistral": "provider_rejected, HTTP 422, extra_forbidden",
    "mistral, reasoning": "provider_rejected, HTTP 422, extra_forbidden",
    "deepseek": "provider_rejected, HTTP 400, invalid_request_error",
    "groq": "provider_rejected, HTTP 400, invalid_request_error",
    "cerebras": "provider_rejected, HTTP 400, invalid_request_error",
    "litellm": "provider_rejected, HTTP 400",
    "vllm, older": "provider_rejected, HTTP 400",
    "ollama": "provider_error",
    "lm-studio": "provider_error",
    "tgi, older": "provider_rejected, HTTP 422",
    "generic": "provider_rejected, HTTP 400, invalid_request_error",
    "no system role": "provider_rejected, HTTP 400",
    "gateway with its own header": "provider_rejected, HTTP 401",
}
