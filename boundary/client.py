"""
The one client of the process, built from the settings: how any workflow asks a model.

Each request makes one call, never a retry, under one total deadline. Every failure is an exception with a code.
"""

import atexit
import logging
from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass
from functools import cache
from threading import Lock
from time import monotonic
from types import MappingProxyType
from urllib.parse import urlencode

import httpx2
from django.conf import settings
from openai import APIConnectionError, APIStatusError, APITimeoutError, Omit, OpenAI, OpenAIError, RequestOptions, omit
from pydantic import ValidationError

from boundary.chat import CHAT
from boundary.configured import configured_headers, configured_key, configured_query, configured_server
from boundary.exchange import ProviderReply, Question, Wire, usage_of
from boundary.failures import (
    ProviderError,
    ProviderFailure,
    ProviderTimeout,
    ProviderUnreachable,
)
from boundary.responses import RESPONSES
from boundary.servers import SERVERS, Server
from boundary.transport import DirectClient
from boundary.trouble import Trouble
from boundary.way_out import configured_way_out
from traces.deadlines import seconds_left
from traces.entries import Usage

# At DEBUG, which OPENAI_LOG can switch on, the SDK logs whole requests with the customer's report in them. Its HTTP
# client logs a line per call.
for name in ("openai", "httpx2"):
    logging.getLogger(name).setLevel(logging.WARNING)

logger = logging.getLogger(__name__)
WIRES = {"chat": CHAT, "responses": RESPONSES}
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "rotation-decisions",
}
# What the SDK adds to each call. Without a fixed key of idempotency it makes one, for retries that are switched off.
UNSENT: Mapping[str, Omit] = {"X-Stainless-Retry-Count": omit, "X-Stainless-Read-Timeout": omit}


class ModelCallsForbidden(RuntimeError):
    """A test tried to call a real model."""


class HeaderlessSDK(OpenAI):
    """
    The SDK without the headers that it adds by itself.

    They describe this machine to every server, and the environment could change them, even the key's.
    """

    own_headers: Mapping[str, str] = HEADERS

    @property
    def default_headers(self) -> dict[str, str | Omit]:
        return {**self.own_headers}


@dataclass(kw_only=True, eq=False)
class ModelClient:
    """
    A thread-safe client of one OpenAI-compatible server and model.

    `api_key` may be a function that returns the current key. `headers` and `query` are added to each request.
    `way_out` holds libcurl's options for the way to the server (boundary/way_out.py).
    """

    base_url: InitVar[str]
    api_key: InitVar[str | Callable[[], str]]
    model: str
    max_completion_tokens: int
    deadline_seconds: float
    wire: Wire = CHAT
    server: Server = SERVERS["openai"]
    headers: InitVar[Mapping[str, str]] = MappingProxyType({})
    query: InitVar[Mapping[str, str]] = MappingProxyType({})
    way_out: InitVar[Mapping[int, object]] = MappingProxyType({})
    on_error: InitVar[Callable[[bytes], None] | None] = None

    def __post_init__(  # noqa: PLR0917 - the dataclass passes them by position
        self,
        base_url: str,
        api_key: str | Callable[[], str],
        headers: Mapping[str, str],
        query: Mapping[str, str],
        way_out: Mapping[int, object],
        on_error: Callable[[bytes], None] | None,
    ) -> None:
        # A whole address costs the SDK less than a path.
        self._address = f"{base_url.rstrip('/')}{self.wire.path}{f'?{urlencode(query)}' if query else ''}"
        self._sdk = HeaderlessSDK(
            base_url=base_url,
            # `ask` sends the key, because the SDK knows one header for it.
            api_key="none",
            timeout=self.deadline_seconds,
            max_retries=0,
            http_client=DirectClient(way_out, on_error),
        )
        self._sdk.own_headers = {**HEADERS, **headers}
        self._key = api_key if callable(api_key) else lambda: api_key

    def ask(self, question: Question) -> ProviderReply:
        """:raises ProviderFailure: carries how long the call took"""
        limit = question.max_completion_tokens or self.max_completion_tokens
        body = self.wire.request_body(question, self.model, limit, self.server)
        started = monotonic()
        left = seconds_left()
        seconds = self.deadline_seconds if left is None else min(left, self.deadline_seconds)
        options: RequestOptions = {"headers": self._headers(), "idempotency_key": "none", "timeout": seconds}
        try:
            response = self._sdk.post(self._address, cast_to=httpx2.Response, body=body, options=options)
            reading = self.wire.read(response.content)
        except APIStatusError as error:
            trouble: Trouble = error.response.extensions["trouble"]
            raise _failed(trouble, Usage(provider_ms=_ms_since(started))) from None
        except (OpenAIError, ValidationError) as error:
            failure = _failure_of(error)
            # The error's text may hold what the provider echoed, so only its class is logged.
            logger.warning("a model call ended in %s: %s", failure.code, type(error.__cause__ or error).__name__)
            raise failure(usage=Usage(provider_ms=_ms_since(started))) from None
        usage = usage_of(reading, asked_model=self.model, provider_ms=_ms_since(started))
        if reading.trouble:
            raise _failed(reading.trouble, usage)
        return ProviderReply(answer=reading.answer, usage=usage)

    def _headers(self) -> dict[str, str | Omit]:
        name, key = self.server.key_header, self._key()
        if name == "Authorization":
            return {**UNSENT, name: f"Bearer {key}"}
        return {**UNSENT, "Authorization": omit, name: key}

    def close(self) -> None:
        self._sdk.close()


_build_lock = Lock()


def shared_client() -> ModelClient:
    """:raises ModelCallsForbidden: in tests"""
    if not settings.ALLOW_MODEL_CALLS:
        raise ModelCallsForbidden
    with _build_lock:
        return _build()


@cache
def _build() -> ModelClient:
    client = new_client()
    atexit.register(client.close)
    return client


def new_client(on_error: Callable[[bytes], None] | None = None) -> ModelClient:
    return ModelClient(
        base_url=settings.OPENAI_BASE_URL,
        api_key=configured_key(),
        model=settings.OPENAI_MODEL,
        max_completion_tokens=settings.OPENAI_MAX_COMPLETION_TOKENS,
        deadline_seconds=settings.DECISION_DEADLINE_SECONDS,
        wire=WIRES[settings.OPENAI_WIRE],
        server=configured_server(),
        headers=configured_headers(),
        query=configured_query(),
        way_out=configured_way_out(),
        on_error=on_error,
    )


def _failure_of(error: OpenAIError | ValidationError) -> type[ProviderFailure]:
    match error:
        case APITimeoutError():
            return ProviderTimeout
        case APIConnectionError(__cause__=httpx2.ConnectError()):
            return ProviderUnreachable
        case _:
            return ProviderError


def _failed(trouble: Trouble, usage: Usage) -> ProviderFailure:
    said = {"provider_status": trouble.status, "provider_code": trouble.code}
    code = trouble.failure.code
    logger.warning("a model call ended in %s: HTTP %s, %s", code, trouble.status, trouble.code or "no known code")
    return trouble.failure(usage=usage.model_copy(update=said))


def _ms_since(started: float) -> int:
    return round((monotonic() - started) * 1000)
