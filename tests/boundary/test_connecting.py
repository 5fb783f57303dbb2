"""Connecting: a name is resolved and its addresses are tried in turn, never past the deadline."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from time import monotonic
from unittest.mock import Mock

import pytest

from boundary import resolver
from boundary.failures import ProviderTimeout, ProviderUnreachable
from tests.boundary.conftest import DEADLINE_SECONDS, MakeClient, Serve, failure_of
from tests.boundary.fault_server import completion, say_json
from tests.fakes import answer

pytestmark = pytest.mark.any_database


def test_no_connection_is_unreachable(make_client: MakeClient, subtests: pytest.Subtests) -> None:
    for host in ("127.0.0.1:1", "no-such-host.invalid", "impossible..name"):
        with subtests.test(host):
            assert failure_of(make_client(f"http://{host}/v1", deadline_seconds=5)) is ProviderUnreachable


@contextmanager
def full_backlog(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Listen with a full queue of connections: the next one is neither accepted nor refused."""
    with socket.create_server((host, port), backlog=0) as listener, ExitStack() as waiting:
        address = listener.getsockname()
        for _ in range(4):
            filler = waiting.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(address)
        yield address[1]


def name_of(addresses: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any name have these addresses."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **named: found if "example" in host else real(host, *more, **named)
    )


def test_a_server_that_accepts_no_connection_ends_with_the_deadline(make_client: MakeClient) -> None:
    with full_backlog() as port:
        started = monotonic()

        assert failure_of(make_client(f"http://127.0.0.1:{port}/v1")) is ProviderTimeout
        assert monotonic() - started < DEADLINE_SECONDS + 1


def test_a_silent_address_leaves_time_for_the_next(
    serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(say_json(completion(answer())))
    with full_backlog("127.0.0.2", server.port):
        name_of(["127.0.0.2", "127.0.0.1"], monkeypatch)

        assert failure_of(make_client(f"http://two-addresses.example:{server.port}/v1")) is None


def test_a_thread_that_cannot_start_costs_no_place(
    serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(serve(say_json(completion(answer()))).url())
    with monkeypatch.context() as starved:
        starved.setattr(resolver, "Thread", Mock(side_effect=RuntimeError("can't start new thread")))
        assert [failure_of(client) for _ in range(9)] == [ProviderUnreachable] * 9

    assert failure_of(client) is None


def test_look_ups_that_hang_end_with_the_deadline_and_take_a_few_threads(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: released.wait(5) and [])
    client, started = make_client("http://slow-name.example/v1", deadline_seconds=0.3), monotonic()

    with ThreadPoolExecutor(20) as callers:
        failures = list(callers.map(lambda _: failure_of(client), range(20)))
    stuck = [thread for thread in threading.enumerate() if thread.name == "resolver"]
    seconds = monotonic() - started
    released.set()

    assert failures == [ProviderTimeout] * 20
    assert seconds < 1.3
    assert len(stuck) <= 8
