"""
The one client of the process: how any workflow asks a model.

One call a request, never a retry; a total deadline over everything; every end that is no answer has a name.
"""

import atexit
import json
import logging
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
from boundary.exchange import ProviderReply, Question, Wire
from boundary.failures import (
    ProviderError,
    ProviderFailure,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnreachable,
)
from boundary.responses import RESPONSES
from boundary.transport import DirectClient
from traces.entries import Usage

# At DEBUG, which OPENAI_LOG can switch on, the SDK writes whole requests to its log, the customer's report among them;
# its HTTP client writes a line per call.
for name in ("openai", "httpx2"):
    logging.getLogger(name).setLevel(logging.WARNING)


logger = logging.getLogger(__name__)
WIRES = {"chat": CHAT, "responses": RESPONSES}


class ModelCallsForbidden(RuntimeError):
    """A test asked for a real model."""


class QuietSDK(OpenAI):
    """
    The SDK without headers, which the transport writes.

    The SDK's own describe this machine to every server (a program is started to find out) and cost a fifth of a call.
    """

    def __init__(self, *, base_url: str, api_key: str, path: str) -> None:
        self._address = httpx2.URL(f"{base_url.rstrip('/')}{path}")
        http_client = DirectClient(self._address, api_key=api_key)
        super().__init__(api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client)
        # Else the SDK makes a key for each call, for retries that it never makes.
        self._options = FinalRequestOptions.construct(method="post", url=path, idempotency_key="none")

    def ask(self, body: object) -> bytes:
        """Post to the one path; the SDK's `post` would make and validate its options anew for each call."""
        return self.request(httpx2.Response, self._options.model_copy(update={"json_data": body})).content

    def _build_request(self, options: FinalRequestOptions, *, retries_taken: int = 0) -> httpx2.Request:
        body = httpx2.ByteStream(json.dumps(options.json_data).encode())
        return httpx2.Request(options.method, self._address, stream=body)


class ModelClient:
    """A thread-safe client of one OpenAI-compatible server and model, with its connections kept."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        model: str,
        max_completion_tokens: int,
        deadline_seconds: float,
        wire: Wire = CHAT,
    ) -> None:
        self.model = model
        self.wire = wire
        self.max_completion_tokens = max_completion_tokens
        self.deadline_seconds = deadline_seconds
        self._sdk = QuietSDK(base_url=base_url, api_key=api_key, path=wire.path)

    def ask(self, question: Question) -> ProviderReply:
        """
        Ask once for one JSON answer.

        :raises ProviderFailure: carries how long the call took
        """
        body = self.wire.request_body(question, model=self.model, max_completion_tokens=self.max_completion_tokens)
        started = monotonic()
        try:
            with total_deadline(self.deadline_seconds):
                answer = self._sdk.ask(body)
            return self.wire.read_reply(answer, asked_model=self.model, provider_ms=_ms_since(started))
        except (OpenAIError, ValidationError) as error:
            failure = _failure(error)
            logger.warning("a model call ended in %s: %s", failure.code, _name_of(error))
            raise failure(usage=Usage(provider_ms=_ms_since(started))) from None

    def close(self) -> None:
        self._sdk.close()


_building = Lock()


def shared_client() -> ModelClient:
    """
    Return the process's client, built from the settings when it is first asked for and closed on exit.

    :raises ModelCallsForbidden: under test
    """
    if not settings.ALLOW_MODEL_CALLS:
        raise ModelCallsForbidden
    with _building:
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


def _failure(error: OpenAIError | ValidationError) -> type[ProviderFailure]:
    match error:
        case APITimeoutError():
            return ProviderTimeout
        case APIConnectionError(__cause__=httpx2.ConnectError()):
            return ProviderUnreachable
        case APIStatusError(status_code=status):
            return _failure_of_status(status)
        case _:
            return ProviderError


def _failure_of_status(status: int) -> type[ProviderFailure]:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ProviderRateLimited
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ProviderError
    return ProviderRejected if status >= HTTPStatus.BAD_REQUEST else ProviderUnreachable


def _name_of(error: OpenAIError | ValidationError) -> str:
    """Tell a failure by its HTTP status or its class; its text may hold what the provider echoed."""
    return f"HTTP {error.status_code}" if isinstance(error, APIStatusError) else type(error.__cause__ or error).__name__


def _ms_since(started: float) -> int:
    return round((monotonic() - started) * 1000)
