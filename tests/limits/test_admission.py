"""A real web server stays quick while all its places for decisions are taken."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from config.boot import SPARE_THREADS
from tests.boundary.fault_server import FaultServer, fault_server, hang
from tests.configuration.serving import TOKEN, Server, prepared, serving
from tests.conftest import report
from tests.torture.servers import wait_until

pytestmark = pytest.mark.any_database

PLACES, DEADLINE_SECONDS = 4, 4
ELSEWHERE = ("/healthz", "/readyz", "/", "/admin/login/", "/rotation/trace_00000000000000000000000000", "/metrics")
QUICK_SECONDS, SAMPLES = 1.0, 10


@contextmanager
def serving_silent_model(folder: Path, demo_database: str) -> Iterator[tuple[Server, FaultServer]]:
    """Serve in one process with few places and the fewest threads, whose model never answers."""
    with fault_server(hang) as model, prepared(folder, demo_database) as environment:
        environment |= {
            "DJANGO_SETTINGS_MODULE": "tests.limits.uncollected_settings",
            "DECISION_PROVIDER": "openai",
            "OPENAI_BASE_URL": model.url(),
            "OPENAI_MODEL": "silent",
            "OPENAI_API_KEY": "none",
            "DECISION_DEADLINE_SECONDS": str(DEADLINE_SECONDS),
            "DECISIONS_IN_FLIGHT": str(PLACES),
            "WEB_CONCURRENCY": "1",
            "READS_IN_FLIGHT": "1",
            "WEB_THREADS": str(PLACES + 1 + SPARE_THREADS),
        }
        with serving(folder, environment) as server:
            yield server, model


def slowest_of(server: Server, path: str) -> tuple[int, float]:
    """Ask for a page a few times; return the last status and the longest time in seconds."""
    longest, status = 0.0, 0
    for _ in range(SAMPLES):
        begun = monotonic()
        status, _ = server.ask(path, Authorization=f"Bearer {TOKEN}" if path == "/metrics" else "")
        longest = max(longest, monotonic() - begun)
    return status, longest


def test_while_every_place_is_taken_all_else_stays_quick(tmp_path: Path, demo_database: str) -> None:
    with serving_silent_model(tmp_path, demo_database) as (server, model), ThreadPoolExecutor(PLACES) as waiting:
        decisions = [waiting.submit(server.ask, "/rotation/decide", report()) for _ in range(PLACES)]
        assert wait_until(lambda: len(model.requests) == PLACES, seconds=DEADLINE_SECONDS / 2)

        quick = {path: slowest_of(server, path) for path in ELSEWHERE}
        crowded = [server.ask("/rotation/decide", report()) for _ in range(SAMPLES)]
        still_taken = not any(decision.done() for decision in decisions)
        ended = [decision.result() for decision in decisions]

    print(f"\nslowest of {SAMPLES} with {PLACES} of {PLACES} places taken:", quick)  # noqa: T201 - its number
    assert still_taken
    assert [status for status, _ in quick.values()] == [200, 200, 200, 200, 404, 200]
    assert max(seconds for _, seconds in quick.values()) < QUICK_SECONDS
    assert {status for status, _ in crowded} == {503}
    assert all("too-many-waiting" in text for _, text in crowded)
    assert [status for status, _ in ended] == [200] * PLACES
    assert all("provider_timeout" in text for _, text in ended)
