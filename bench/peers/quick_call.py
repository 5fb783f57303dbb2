"""
The model asked by the SDK's low-level `post`, or, with BARE set, by the HTTP client that the SDK is built on.

The answer is read by hand either way.
"""
# mypy: disable-error-code="import-not-found"

import os
from collections.abc import Callable

import httpx2
import orjson
from openai import OpenAI

from bench.peers.question import BASE_URL, Answer, Report, request

LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=256)
PATH = "/chat/completions"


def ask(report: Report) -> tuple[Answer, dict[str, int]]:
    """Give the answer, and what the provider says of its tokens."""
    completion = orjson.loads(_post(report).content)
    return Answer.model_validate_json(completion["choices"][0]["message"]["content"]), completion["usage"]


def _by_sdk() -> Callable[[Report], httpx2.Response]:
    client = OpenAI(
        base_url=BASE_URL,
        api_key="none-is-needed",
        max_retries=0,
        http_client=httpx2.Client(limits=LIMITS, timeout=30, trust_env=False),
    )
    return lambda report: client.post(PATH, body=request(report), cast_to=httpx2.Response)


def _bare() -> Callable[[Report], httpx2.Response]:
    headers = {"Authorization": "Bearer none-is-needed", "Content-Type": "application/json"}
    client = httpx2.Client(headers=headers, limits=LIMITS, timeout=30, trust_env=False)
    return lambda report: client.post(BASE_URL + PATH, content=orjson.dumps(request(report))).raise_for_status()


_post = _bare() if os.environ.get("BARE") else _by_sdk()
