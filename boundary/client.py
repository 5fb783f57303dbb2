"""
The one client of the process, built from the settings: how any workflow asks a model.

Each request makes one call, never a retry, under one total deadline. Every failure is an exception with a code.
"""

import atexit
import json
import logging
from dataclasses import InitVar, dataclass
from functools import cache
from http import HTTPStatus
from threading import Lock
from time import monotonic

import httpx2
from django.conf import settings
from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAI, OpenAIError
from openai._models import FinalRequestOptions
from pydantic import ValidationError

from boundary.chat import CHAT
from boundary.deadline import total_deadline
from boundary.exchange import ProviderReply, Question, Wire, usage_of
from boundary.failures import (
    ProviderError,
    ProviderFailure,
    ProviderRateLimited,
    ProviderRefused,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnreachable,
)
from boundary.responses import RESPONSES
from boundary.transport import DirectClient
from traces.entries import Usage

# At DEBUG, which OPENAI_LOG can switch on, the SDK logs whole requests with the customer's report in them. Its HTTP
# client logs a line per call.
for name in ("openai", "httpx2"):
    logging.getLogger(name).setLevel(logging.WARNING)

logger = logging.getLogger(__name__)
WIRES = {"chat": CHAT, "responses": RESPONSES}


class ModelCallsForbidden(RuntimeError):
    """A test tried to call a real model."""


class HeaderlessSDK(OpenAI):
    """
    The SDK without its headers. The transport writes the few that are needed.

    The SDK's headers describe this machine to every server. It starts a program to collect them, and they cost a fifth
    of a call. The SDK has no public way to leave them out, so this uses its private `FinalRequestOptions` and
    `_build_request`. tests/boundary/test_requests.py holds what is sent; pyproject.toml pins the minor version.
    """

    def __init__(self, *, base_url: str, api_key: str, path: str) -> None:
        self._address = httpx2.URL(f"{base_url.rstrip('/')}{path}")
        http_client = DirectClient(self._address, api_key=api_key)
        super().__init__(api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client)
        # Without a fixed key the SDK makes one for each call, for retries that are switched off.
        self._options = FinalRequestOptions.construct(method="post", url=path, idempotency_key="none")

    def ask(self, body: object) -> bytes:
        """Post to the one path. The SDK's `post` would build and validate its options on every call."""
        return self.request(httpx2.Response, self._options.model_copy(update={"json_data": body})).content

    def _build_request(self, options: FinalRequestOptions, *, retries_taken: int = 0) -> httpx2.Request:
        body = httpx2.ByteStream(json.dumps(options.json_data).encode())
        return httpx2.Request(options.method, self._address, stream=body)


@dataclass(kw_only=True, eq=False)
class ModelClient:
    """A thread-safe client of one OpenAI-compatible server and model."""

    base_url: InitVar[str]
    api_key: InitVar[str]
    model: str
    max_completion_tokens: int
    deadline_seconds: float
    wire: Wire = CHAT

    def __post_init__(self, base_url: str, api_key: str) -> None:
        self._sdk = HeaderlessSDK(base_url=base_url, api_key=api_key, path=self.wire.path)

    def ask(self, question: Question) -> ProviderReply:
        """:raises ProviderFailure: carries how long the call took"""
        body = self.wire.request_body(
            question, self.model, question.max_completion_tokens or self.max_completion_tokens
        )
        started = monotonic()
        try:
            with total_deadline(self.deadline_seconds):
                response = self._sdk.ask(body)
            reading = self.wire.read(response)
        except (OpenAIError, ValidationError) as error:
            failure = _failure_of(error)
            # The error's text may hold what the provider echoed, so only its status or class is logged.
            kind = type(error.__cause__ or error).__name__
            if isinstance(error, APIStatusError):
                kind = f"HTTP {error.status_code}"
            logger.warning("a model call ended in %s: %s", failure.code, kind)
            raise failure(usage=Usage(provider_ms=_ms_since(started))) from None
        usage = usage_of(reading, asked_model=self.model, provider_ms=_ms_since(started))
        if reading.is_refused:
            raise ProviderRefused(usage=usage)
        if not reading.answer:
            raise ProviderError(usage=usage)
        return ProviderReply(answer=reading.answer, usage=usage)

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
    client = ModelClient(
        base_url=settings.OPENAI_BASE_URL,
        api_key=settings.OPENAI_API_KEY,
        model=settings.OPENAI_MODEL,
        max_completion_tokens=settings.OPENAI_MAX_COMPLETION_TOKENS,
        deadline_seconds=settings.DECISION_DEADLINE_SECONDS,
        wire=WIRES[settings.OPENAI_WIRE],
    )
    atexit.register(client.close)
    return client


def _failure_of(error: OpenAIError | ValidationError) -> type[ProviderFailure]:
    match error:
        case APITimeoutError():
            return ProviderTimeout
        case APIConnectionError(__cause__=httpx2.ConnectError()):
            return ProviderUnreachable
        case APIStatusError(status_code=HTTPStatus.TOO_MANY_REQUESTS):
            return ProviderRateLimited
        case APIStatusError(status_code=status) if status < HTTPStatus.BAD_REQUEST:
            return ProviderUnreachable
        case APIStatusError(status_code=status) if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return ProviderRejected
        case _:
            return ProviderError


def _ms_since(started: float) -> int:
    return round((monotonic() - started) * 1000)
