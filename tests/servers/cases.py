"""
Every case of what servers really do: the server, our settings, and what is right.

`before` says what 0.2.0 did, where it was measured. `right` is compared with what happens now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tests.boundary.fault_server import http, say
from tests.servers.answers import answers, responded, sends
from tests.servers.real import KEY, OPENAI, PROFILES
from tests.servers.strict import StrictServer, at, refusal
from tests.servers.ways import (
    Answer,
    after_early,
    chooses,
    comments_first,
    cut_short,
    drips_blanks,
    encloses,
    in_brotli,
    in_old_http,
    leaves_out,
    quotes_its_request,
    reasons_first,
    refuses,
    rejects,
    renews,
    says,
    thinks_beside,
    thinks_first,
    with_a_trailer,
    with_many_headers,
    wraps,
)

DECIDED = "decision made"
# What 0.2.0 did is not known of every case.
UNKNOWN = "not measured"
BOOTS = "boots"


def failed(error_code: str, status: int | None = None, code: str | None = None, reason: str | None = None) -> str:
    said = (error_code, reason, f"HTTP {status}" if status else None, code)
    return ", ".join(part for part in said if part)


def stopped(variable: str) -> str:
    return f"does not boot: {variable}"


@dataclass(frozen=True)
class Case:
    """
    `settings` may name {port} of the server, {proxy}, the port of a proxy that leads to it, {certificate} and
    {certificate_key}, and {key}, a file with the key. `changing` makes the server from that file instead.
    """

    name: str
    before: str
    server: StrictServer
    settings: Mapping[str, str]
    right: str = DECIDED
    scheme: str = "http"
    host: str = "127.0.0.1"
    wants_certificate: bool = False
    changing: Callable[[Path], StrictServer] | None = None

    @property
    def only_boots(self) -> bool:
        return self.right == BOOTS or self.right.startswith(stopped(""))


def case(
    name: str,
    before: str,
    right: str = DECIDED,
    *,
    answer: Answer | None = None,
    profile: str = "openai",
    settings: Mapping[str, str] | None = None,
) -> Case:
    """Take the server and the settings of a profile, with another answer or more settings."""
    known = PROFILES[profile]
    server = replace(known.server, answer=answer) if answer else known.server
    return Case(name, before, server, {**known.settings, **(settings or {})}, right)


# ---- Servers that the product could not be used with at all

BEFORE = {
    "openai": UNKNOWN,
    "openai, Responses": UNKNOWN,
    "azure, deployment path": "rejected; with the version in the address: no boot",
    "azure, v1 path": "decision made",
    "azure, v1 path, its own profile": "no such profile",
    "gemini": "rejected",
    "mistral": "rejected",
    "mistral, reasoning": "provider_error",
    "deepseek": "rejected",
    "groq": "rejected",
    "cerebras": "rejected",
    "openrouter": UNKNOWN,
    "litellm": UNKNOWN,
    "vllm, older": "rejected",
    "vllm": UNKNOWN,
    "ollama": "no limit at all",
    "llama-cpp": UNKNOWN,
    "lm-studio": "@2 rejected",
    "tgi, older": "rejected",
    "generic": UNKNOWN,
    "no system role": "rejected",
    "gateway with its own header": "rejected",
    "gateway that streams": "provider_error",
    "gateway that compresses": "provider_error",
}
UNUSABLE = (
    *(Case(name, BEFORE[name], profile.server, profile.settings) for name, profile in PROFILES.items()),
    case(
        "azure: a query in the address", "does not boot", stopped("OPENAI_BASE_URL"), profile="azure, deployment path",
        settings={"OPENAI_BASE_URL": "http://127.0.0.1:{port}/openai/deployments/mine?api-version=2024-10-21"},
    ),
    case("gateway that compresses with br", "provider_error", answer=sends(in_brotli)),
    replace(
        case(
            "corporate proxy with a password, CONNECT", "provider_unreachable",
            settings={
                "OPENAI_BASE_URL": "https://localhost:9/v1",
                "OPENAI_PROXY": "http://user:canary-of-proxy@127.0.0.1:{proxy}",
                "OPENAI_CA_FILE": "{certificate}",
            },
        ),
        scheme="https", host="localhost",
    ),
    replace(
        case("vertex: a token that is renewed", "rejected after an hour", settings={"OPENAI_API_KEY_FILE": "{key}"}),
        changing=renews,
    ),
)  # fmt: skip

# ---- Servers that answer, and were read wrongly

READ_WRONGLY = (
    case("Responses with phases", "malformed_answer", profile="openai, Responses", answer=answers(comments_first)),
    case("reasoning within the default limit", "provider_error", answer=answers(thinks_first)),
    case(
        "reasoning spends the whole limit", "provider_error, retry", failed("provider_error", 200, "cut_short"),
        answer=answers(thinks_first), settings={"OPENAI_MAX_COMPLETION_TOKENS": "400"},
    ),
    case("JSON in a code fence", "malformed_answer", failed("invalid_decision", reason="wrapped_answer"),
         answer=wraps("```json\n{}\n```")),
    case("JSON behind <think>", "malformed_answer", failed("invalid_decision", reason="wrapped_answer"),
         answer=wraps("<think>It is stale.</think>\n{}")),
    case(
        "Azure prompt filter", "provider_rejected", failed("provider_refused", 400, "content_filter"),
        profile="azure, deployment path",
        answer=rejects(400, {"error": {
            "message": "The response was filtered due to the prompt triggering a content policy.", "type": None,
            "param": "prompt", "code": "content_filter", "status": 400,
            "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {
                "jailbreak": {"filtered": True, "detected": True}, "hate": {"filtered": False, "severity": "safe"}}},
        }}),
    ),
    case(
        "hosted prompt check", "provider_rejected", failed("provider_refused", 400, "invalid_prompt"),
        answer=rejects(400, {"error": {"message": "Invalid prompt.", "type": "invalid_request_error", "param": None,
                                       "code": "invalid_prompt"}}),
    ),
    case(
        "OpenRouter moderation", "provider_rejected", failed("provider_refused", 403, "moderation"),
        profile="openrouter",
        answer=rejects(403, {"error": {"code": 403, "message": "Your input was flagged.", "metadata": {
            "reasons": ["violence"], "flagged_input": "{canary}", "provider_name": "A", "model_slug": "b"}}}),
    ),
    case(
        "OpenRouter moderation, the text before the reasons", "provider_rejected",
        failed("provider_refused", 403, "moderation"), profile="openrouter",
        answer=rejects(403, {"error": {"code": 403, "message": "Your input was flagged.", "metadata": {
            "flagged_input": "a {canary", "reasons": ["violence"]}}}),
    ),
    case(
        "Gemini block, feedback and no choices", "provider_error", failed("provider_refused", 200, "refused"),
        profile="gemini", answer=encloses(choices=[], promptFeedback={"blockReason": "SAFETY"}),
    ),
    case("Gemini, no choices and no reason", "provider_error", failed("provider_error", 200, "no_answer"),
         profile="gemini", answer=encloses(choices=[])),
    case("Gemini, no choices field", "provider_error", failed("provider_error", 200, "no_answer"),
         profile="gemini", answer=leaves_out("choices")),
    case(
        "Gemini block, content_filter and no content", UNKNOWN, failed("provider_refused", 200, "refused"),
        profile="gemini", answer=chooses(finish_reason="content_filter", message={"role": "assistant"}),
    ),
    case(
        "Gemini block, no message", "provider_error", failed("provider_refused", 200, "refused"),
        profile="gemini", answer=encloses(choices=[{"index": 0, "finish_reason": "content_filter"}]),
    ),
    case(
        "Groq, the answer missed the schema", "provider_rejected",
        failed("provider_error", 400, "json_validate_failed"), profile="groq",
        answer=rejects(400, {"error": {
            "message": "Failed to generate JSON.", "type": "invalid_request_error", "code": "json_validate_failed",
            "failed_generation": '{"decision": "canary"}'}}),
    ),
    case(
        "quota gone", "provider_rate_limited, retry", failed("provider_rejected", 429, "insufficient_quota"),
        answer=rejects(429, {"error": {"message": "You exceeded your current quota.", "type": "insufficient_quota",
                                       "param": None, "code": "insufficient_quota"}}),
    ),
    case(
        "too many requests", UNKNOWN, failed("provider_rate_limited", 429, "rate_limit_exceeded"),
        answer=rejects(429, {"error": {"message": "Rate limit reached.", "type": "requests", "param": None,
                                       "code": "rate_limit_exceeded"}}),
    ),
    *(
        case(
            f"OpenRouter, 200 with the error {code}", "provider_error", failed(error_code, code), profile="openrouter",
            answer=answers(lambda _request, code=code: {"choices": None, "error": {"code": code, "message": "canary"}}),  # type: ignore[misc]
        )
        for code, error_code in ((429, "provider_rate_limited"), (500, "provider_error"))
    ),
    case(
        "OpenRouter, an error in the choice", UNKNOWN, failed("provider_error", 502), profile="openrouter",
        answer=chooses(finish_reason="error", error={"code": 502, "message": "canary"}),
    ),
    case("usage as a list", "provider_error", answer=encloses(usage=[{"prompt_tokens": 1}])),
    case("usage as a text", "provider_error", answer=encloses(usage="321 tokens")),
    case("usage as a list, Responses", UNKNOWN, profile="openai, Responses",
         answer=answers(lambda request: responded(request, usage=[1]))),
    case("300 kB of thoughts beside the answer", "provider_error", profile="vllm", answer=answers(thinks_beside)),
    replace(
        case(
            "server that wants a client certificate", "provider_error",
            settings={
                "OPENAI_CA_FILE": "{certificate}",
                "OPENAI_CLIENT_CERTIFICATE_FILE": "{certificate}",
                "OPENAI_CLIENT_KEY_FILE": "{certificate_key}",
            },
        ),
        scheme="https", host="localhost", wants_certificate=True,
    ),
    case("model name with # ~ and ,", "does not boot", BOOTS, settings={"OPENAI_MODEL": "accounts/a#1~preview,b"}),
    case("model name of 150 characters", "does not boot", BOOTS, settings={"OPENAI_MODEL": "m" * 150}),
    case("an answer after 45 s: a deadline of 120 s", "does not boot", BOOTS,
         settings={"DECISION_DEADLINE_SECONDS": "120"}),
    case("a deadline above 120 s", "does not boot", stopped("DECISION_DEADLINE_SECONDS"),
         settings={"DECISION_DEADLINE_SECONDS": "121"}),
)  # fmt: skip

# ---- What worked and must stay

WORKED = (
    *(
        case(f"finish_reason {reason!r}", DECIDED, answer=chooses(finish_reason=reason))
        for reason in ("stop", "eos", "STOP", "end_turn", "", None)
    ),
    case("usage null", DECIDED, answer=encloses(usage=None)),
    case("usage absent", DECIDED, answer=leaves_out("usage")),
    case("another model named", DECIDED, answer=encloses(model="what it really is")),
    case("no model named", UNKNOWN, answer=leaves_out("model", "id", "object", "created")),
    case("blanks that drip before the body", DECIDED, answer=drips_blanks),
    *(
        case(f"an early status {status}", DECIDED, answer=sends(partial(after_early, status)))
        for status in (100, 102, 103)
    ),
    case("HTTP/1.0", DECIDED, answer=sends(in_old_http)),
    case("a trailer", DECIDED, answer=sends(with_a_trailer)),
    case("120 headers", DECIDED, answer=sends(with_many_headers)),
    replace(case("an IPv6 literal", DECIDED), host="[::1]"),
    replace(
        case("a path prefix", DECIDED),
        server=replace(
            OPENAI,
            rules=(*OPENAI.rules, at("/team-a/llm/v1/chat/completions", lambda _path: refusal(404, {}))),
            base="/team-a/llm/v1",
        ),
    ),
    case("a slash at the end of the address", UNKNOWN, profile="azure, v1 path",
         settings={"OPENAI_BASE_URL": "http://127.0.0.1:{port}/openai/v1/"}),
    case("reasoning items first", DECIDED, profile="openai, Responses", answer=answers(reasons_first)),
    case("503", "provider_error", failed("provider_error", 503), answer=rejects(503, {"error": "canary"})),
    case("529", "provider_error", failed("provider_error", 529),
         answer=rejects(529, {"type": "error", "error": {"type": "overloaded_error", "message": "canary"}})),
    case("a redirect", "provider_unreachable", failed("provider_unreachable", 307),
         answer=lambda _request: say(http(307, location="http://127.0.0.1:9/"))),
    case(
        "tool calls only", "provider_error", failed("provider_error", 200, "no_answer"),
        answer=chooses(finish_reason="tool_calls",
                       message={"role": "assistant", "content": None, "tool_calls": [{"type": "function"}]}),
    ),
    case("content null", "provider_error", failed("provider_error", 200, "no_answer"), answer=says({"content": None})),
    case("a body that is cut short", "provider_error", failed("provider_error"), answer=sends(cut_short)),
    case("a refusal", "provider_refused", failed("provider_refused", 200, "refused"),
         answer=says({"content": None, "refusal": "I cannot."})),
    case("a refusal, Responses", "provider_refused", failed("provider_refused", 200, "refused"),
         profile="openai, Responses", answer=answers(refuses)),
    replace(
        case("a private CA by SSL_CERT_FILE", DECIDED, settings={"SSL_CERT_FILE": "{certificate}"}),
        scheme="https", host="localhost",
    ),
    replace(
        case("a private CA by OPENAI_CA_FILE", "no such setting", settings={"OPENAI_CA_FILE": "{certificate}"}),
        scheme="https", host="localhost",
    ),
)  # fmt: skip

# ---- Codes that a customer pastes, and a server repeats

PASTED = (
    case("codes in a quoted text, 400", UNKNOWN,
         failed("provider_rejected", 400, "context_length_exceeded"),
         answer=quotes_its_request(400, "context_length_exceeded")),
    case("codes in a quoted text, 429", UNKNOWN, failed("provider_rate_limited", 429),
         answer=quotes_its_request(429, None)),
    case("codes in a quoted text, 500", UNKNOWN, failed("provider_error", 500),
         answer=quotes_its_request(500, None)),
)  # fmt: skip
SECTIONS: Mapping[str, tuple[Case, ...]] = {
    "could not be used": UNUSABLE,
    "read wrongly": READ_WRONGLY,
    "worked and must stay": WORKED,
    "what a customer pastes": PASTED,
}
CASES = tuple(case for cases in SECTIONS.values() for case in cases)
SETTINGS_OF_ALL = {"DECISION_PROVIDER": "openai", "OPENAI_MODEL": "fake-model", "OPENAI_API_KEY": KEY}
