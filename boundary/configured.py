"""The configured server: what its requests hold beside the question, and a digest of all that shapes them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from django.conf import settings

from boundary.key_file import KeyFile
from boundary.servers import OVERRIDES, WHO_RUNS_IT, Server, chosen_server


def configured_server() -> Server:
    overrides = {name: getattr(settings, f"OPENAI_{name.upper()}") for name in OVERRIDES}
    return chosen_server(settings.OPENAI_SERVER, overrides)


def configured_key() -> str | Callable[[], str]:
    file = settings.OPENAI_API_KEY_FILE
    return KeyFile(Path(file)) if file else settings.OPENAI_API_KEY


def configured_headers() -> Mapping[str, str]:
    headers: dict[str, str] = json.loads(settings.OPENAI_EXTRA_HEADERS.get_secret_value() or "{}")
    return headers


def configured_query() -> Mapping[str, str]:
    version = {"api-version": settings.OPENAI_API_VERSION} if settings.OPENAI_API_VERSION else {}
    return version | dict(settings.OPENAI_EXTRA_QUERY)


def request_digest(limit: int | None) -> str:
    """
    Name what may change a model's answers beside model, prompt and policy: format, limit, effort, server and the like.

    `limit` is the workflow's own limit of tokens, if it has one. Secrets are left out.
    """
    server = asdict(configured_server())
    shaping = {
        **{name: value for name, value in server.items() if name not in WHO_RUNS_IT},
        "limit": limit or settings.OPENAI_MAX_COMPLETION_TOKENS,
        "wire": settings.OPENAI_WIRE,
        "address": settings.OPENAI_BASE_URL,
        "query": dict(configured_query()),
    }
    return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:12]
