"""
The one client of the process, built from the settings: how any workflow asks a model.

Each request makes one call, never a retry, under one total deadline. Every failure is an exception with a code.
"""

import atexit
import logging
from dataclasses import InitVar, dataclass
from functools import cache
from http import HTTPStatus
from threading import Lock
from time import monotonic

import httpx2
from django.conf import settings
from openai import APIConnectionError, APIStatusError, APITimeoutError, Omit, OpenAI, OpenAIError, RequestOptions, omit
from pydantic import ValidationError

from boundary.chat import CHAT
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
# What the SDK adds to each call. Without a fixed key it makes one, for retries that are switched off.
OPTIONS: RequestOptions = {
    "headers": {"X-Stainless-Retry-Count": omit, "X-Stainless-Read-Timeout": omit},
    "idempotency_key": "none",
}


class ModelCallsForbidden(RuntimeError):
    """A test tried to call a real model."""


class HeaderlessSDK(OpenAI):
    """
    The SDK without the headers that it adds by itself.

    They describe this machine to every server, and the environment could change them, even the key's.
    """

    @property
    def default_headers(self) -> dict[str, str | Omit]:
        return dict(HEADERS)


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
        # A whole address costs the SDK less than a path.
        self._address = f"{base_url.rstrip('/')}{self.wire.path}"
        self._sdk = HeaderlessSDK(
            base_url=base_url,
            api_key=api_key,
            timeout=self.deadline_seconds,
            max_retries=0,
            http_client=DirectClient(),
        )

    def ask(self, question: Question) -> ProviderReply:
        """:raises ProviderFailure: carries how long the call took"""
        body = self.wire.request_body(
            question, self.model, question.max_completion_tokens or self.max_completion_tokens
        )
        started = monotonic()
        left = seconds_left()
        options = OPTIONS if left is None else {**OPTIONS, "timeout": min(left, self.deadline_seconds)}
        try:
            response = self._sdk.post(self._address, cast_to=httpx2.Response, body=body, options=options)
            reading = self.wire.read(response.content)
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
