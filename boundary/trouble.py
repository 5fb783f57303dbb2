"""
What a server says went wrong: an HTTP status, and a code of a closed list.

A server may quote the customer's text in its error. We read only the values of fields that hold codes, and keep a value
only if it is on this list.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from boundary.failures import (
    ProviderError,
    ProviderFailure,
    ProviderRateLimited,
    ProviderRefused,
    ProviderRejected,
    ProviderUnreachable,
)


@dataclass(frozen=True)
class Known:
    """What a code means for an operator. Its failure, if it has one, wins over that of the status."""

    advice: str
    failure: type[ProviderFailure] | None = None


_BLOCKED = "The server's filter blocked the text or the answer. Asking again will not help."
_PARAMETER = (
    "The server does not take a field of the request. Choose its profile (OPENAI_SERVER), or the single setting."
)
# The first code of this list that occurs in an error is kept.
CODES: Mapping[str, Known] = {
    "content_filter": Known(_BLOCKED, ProviderRefused),
    "content_policy_violation": Known(_BLOCKED, ProviderRefused),
    "invalid_prompt": Known(_BLOCKED, ProviderRefused),
    "moderation": Known(_BLOCKED, ProviderRefused),
    "refused": Known("The model refused to answer.", ProviderRefused),
    "insufficient_quota": Known("The account at the provider has nothing left to pay with.", ProviderRejected),
    "billing_not_active": Known("The account at the provider is not active.", ProviderRejected),
    "json_validate_failed": Known("The model's own answer did not fit the format.", ProviderError),
    "cut_short": Known("The answer ended at the limit of tokens. Raise OPENAI_MAX_COMPLETION_TOKENS.", ProviderError),
    "no_answer": Known("The response held no answer.", ProviderError),
    "invalid_api_key": Known("The key is wrong. Correct OPENAI_API_KEY or its file."),
    "model_not_found": Known("The server does not know the model. Correct OPENAI_MODEL."),
    "unsupported_parameter": Known(_PARAMETER),
    "unsupported_value": Known(_PARAMETER),
    "extra_forbidden": Known(_PARAMETER),
    "context_length_exceeded": Known("Prompt and limit together exceed what the model can hold."),
    "rate_limit_exceeded": Known("The account's rate is reached. Lower DECISIONS_IN_FLIGHT or set a limit."),
    "invalid_request_error": Known("The server does not take the request. `manage.py doctor --call` says why."),
}
CODE = re.compile(rb'"(?:code|type|status)"\s*:\s*"([A-Za-z_]{1,40})"')
NUMBER = re.compile(rb'"(?:code|status)"\s*:\s*"?([45][0-9]{2})\b')
# OpenRouter names why it blocked a text.
MODERATION = re.compile(rb'"metadata"\s*:\s*\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*?"reasons"\s*:')


@dataclass(frozen=True)
class Trouble:
    """`status` is that of HTTP, or what a response with the status 200 names in its error."""

    status: int
    code: str | None = None

    @property
    def failure(self) -> type[ProviderFailure]:
        known = CODES.get(self.code or "")
        if known and known.failure:
            return known.failure
        match self.status:
            case HTTPStatus.TOO_MANY_REQUESTS:
                return ProviderRateLimited
            case status if status < HTTPStatus.BAD_REQUEST:
                return ProviderUnreachable
            case status if status < HTTPStatus.INTERNAL_SERVER_ERROR:
                return ProviderRejected
            case _:
                return ProviderError


def trouble_of(status: int, body: bytes) -> Trouble:
    """Read the beginning of an error's body, of any shape."""
    found = {each.decode() for each in CODE.findall(body)}
    if MODERATION.search(body):
        found.add("moderation")
    return Trouble(status, next((code for code in CODES if code in found), None))


def trouble_in(error: object) -> Trouble | None:
    """Read the error inside a response whose status was 200. None or an empty one is no error."""
    if not error:
        return None
    body = json.dumps(error).encode()
    number = NUMBER.search(body)
    return trouble_of(int(number[1]) if number else HTTPStatus.BAD_GATEWAY, body)
