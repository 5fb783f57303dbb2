"""
What a call through the boundary costs in CPU, beside the SDK's own ways, in one run: `python -m bench.boundary`.

Each way keeps one client and asks the same instant local server from 32 threads, over HTTP and over TLS; the ways take
turns. Ours makes a connection for each question, the SDK keeps its own. CPU is that of this process alone. A ratio is
taken within a round, so that it holds on a machine whose speed drifts.
"""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, process_time
from typing import Any

import httpx2
from openai import OpenAI

from bench.instant_provider import instant_provider
from boundary.client import ModelClient
from boundary.exchange import Question
from boundary.strict_json import parse_strict_json
from rotation.contract import AnswerV1, CredentialFacts, CredentialKind, CredentialState, RotationReport
from rotation.prompt import ROTATION_DECISION_1, user_text
from tests.boundary.certificates import self_signed

CALLS, THREADS, ROUNDS = 1000, 32, 5
FACTS = CredentialFacts(
    label="invoice-sync", kind=CredentialKind.SERVICE_ACCOUNT_KEY, state=CredentialState.ACTIVE, age_days=12
)
REPORT = RotationReport(account_id="acct_10234", credential_report="Service-account key is older than policy.")
SYSTEM, USER = ROTATION_DECISION_1.system(FACTS), user_text(REPORT)
QUESTION = Question(system=SYSTEM, user=USER, schema_name="rotation_decision", schema=ROTATION_DECISION_1.schema)
MESSAGES = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}]
FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "rotation_decision", "strict": True, "schema": dict(ROTATION_DECISION_1.schema)},
}
Ask = Callable[[], object]


def ways(url: str) -> dict[str, Ask]:
    ours = ModelClient(base_url=url, api_key="none", model="instant", max_completion_tokens=400, deadline_seconds=30)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=64)
    sdk = OpenAI(base_url=url, api_key="none", max_retries=0, http_client=httpx2.Client(limits=limits))

    def boundary() -> AnswerV1:
        return parse_strict_json(ours.ask(QUESTION).answer, AnswerV1)

    completions: Any = sdk.chat.completions
    request = {"model": "instant", "messages": MESSAGES, "max_completion_tokens": 400, "store": False}
    return {
        "boundary": boundary,
        "SDK create": lambda: completions.create(**request, response_format=FORMAT),
        "SDK parse": lambda: completions.parse(**request, response_format=AnswerV1),
    }


def measure(ask: Ask, threads: ThreadPoolExecutor) -> tuple[float, float]:
    """Return CPU and wall milliseconds per call; an error ends the run."""
    cpu, wall = process_time(), monotonic()
    for _ in threads.map(lambda _: ask(), range(CALLS)):
        pass
    return (process_time() - cpu) * 1000 / CALLS, (monotonic() - wall) * 1000 / CALLS


def main() -> None:
    with TemporaryDirectory() as folder:
        certificate = self_signed(Path(folder), "localhost")
        os.environ["SSL_CERT_FILE"] = str(certificate.file)
        for kind, used in (("HTTP", None), ("TLS", certificate)):
            with instant_provider(certificate=used) as url:
                sys.stdout.write(f"{kind}: {CALLS} calls over {THREADS} threads, {ROUNDS} rounds in turn, no error\n")
                compare(ways(url))


def compare(asked: dict[str, Ask]) -> None:
    with ThreadPoolExecutor(THREADS) as threads:
        for ask in asked.values():
            measure(ask, threads)
        rounds = [{name: measure(ask, threads) for name, ask in asked.items()} for _ in range(ROUNDS)]
    for name in asked:
        cpu, wall = (median(measured[name][kind] for measured in rounds) for kind in (0, 1))
        ratios = sorted(measured[name][0] / measured["SDK parse"][0] for measured in rounds)
        sys.stdout.write(
            f"{name:12} {cpu:6.2f} ms CPU  {wall:6.2f} ms wall a call  "
            f"{median(ratios):.2f} of .parse ({ratios[0]:.2f} to {ratios[-1]:.2f})\n"
        )


if __name__ == "__main__":
    main()
