"""The deadline is total: a decision ends within deadline + 1 s, whatever the provider does."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import monotonic

import pytest

from boundary.failures import ProviderFailure, ProviderTimeout
from rotation.models import Credential
from tests.boundary.certificates import Certificate
from tests.boundary.conftest import QUESTION, MakeClient, Serve, UseClient, failure_of
from tests.boundary.fault_server import Behaviour, Request, answering, completion, hang, http, say
from tests.boundary.test_faults import FAULTS
from tests.conftest import Decide
from tests.fakes import answer
from tests.torture.conftest import Promise, sized
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database

DEADLINES_SECONDS = (0.3, 1, 3)
CALLERS = 48
ANSWER = http(200, json.dumps(completion(answer())).encode())


def test_every_provider_fault_ends_within_the_deadline(
    serve: Serve,
    make_client: MakeClient,
    use_client: UseClient,
    decide: Decide,
    credential: Credential,
    promise: Promise,
) -> None:
    deadlines = DEADLINES_SECONDS[: sized(1, len(DEADLINES_SECONDS))]
    late, longest = [], 0.0

    for deadline in deadlines:
        for fault, (behaviour, _) in FAULTS.items():
            use_client(make_client(serve(behaviour).url(), deadline_seconds=deadline))
            started = monotonic()
            decide()
            over = monotonic() - started - deadline
            longest = max(longest, over)
            late += [fault] if over > 1 else []

    asked = len(deadlines) * len(FAULTS)
    promise(
        3,
        f"deadline: {len(FAULTS)} faults at {deadlines} s: late {len(late)}, longest {longest:.2f} s over the deadline",
    )
    assert late == []
    assert TraceRecord.objects.filter(status="failed").count() == asked


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_answer_that_stops_at_any_byte_ends_with_the_deadline(
    scheme: str, trusted: Certificate, make_client: MakeClient, promise: Promise
) -> None:
    def stop_after(request: Request) -> Behaviour:
        return say(ANSWER[: int(request.json["messages"][1]["content"])], hang)

    def ask(position: int) -> tuple[type[ProviderFailure] | None, float]:
        started = monotonic()
        question = replace(QUESTION, user=str(position))
        failure = failure_of(client, question)
        return failure, monotonic() - started

    positions = range(0, len(ANSWER), sized(5, 1))
    with answering(stop_after, tls=trusted.server if scheme == "https" else None) as server:
        client = make_client(server.url(scheme, "localhost"), deadline_seconds=DEADLINES_SECONDS[0])
        with ThreadPoolExecutor(CALLERS) as threads:
            failures, seconds = zip(*threads.map(ask, positions), strict=True)

    over = max(seconds) - DEADLINES_SECONDS[0]
    promise(3, f"an answer over {scheme} that stops at {len(positions)} places: longest {over:.2f} s over the deadline")
    assert set(failures) == {ProviderTimeout}
    assert over < 1
