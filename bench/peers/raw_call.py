"""The model asked without its SDK, by one kept httpx2 client: what the SDK itself is built on."""
# mypy: disable-error-code="import-not-found"

import httpx2
import orjson

from bench.peers.question import BASE_URL, Answer, Report, request

client = httpx2.Client(
    headers={"Authorization": "Bearer none-is-needed", "Content-Type": "application/json"},
    limits=httpx2.Limits(max_connections=None, max_keepalive_connections=256),
    timeout=30,
    trust_env=False,
)


def ask(report: Report) -> tuple[Answer, dict[str, int]]:
    """Give the answer, and what the provider says of its tokens."""
    answered = client.post(f"{BASE_URL}/chat/completions", content=orjson.dumps(request(report)))
    answered.raise_for_status()
    completion = orjson.loads(answered.content)
    return Answer.model_validate_json(completion["choices"][0]["message"]["content"]), completion["usage"]
