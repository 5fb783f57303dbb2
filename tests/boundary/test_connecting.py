"""The way to a connection: a name looked up, its addresses tried in turn, and never past the deadline."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import NoReturn

import pytest

from boundary import resolver
from boundary.failures import ProviderTimeout, ProviderUnreachable
from rotation.models import Credential
from tests.boundary.conftest import DEADLINE_SECONDS, QUESTION, MakeClient, Serve, UseClient, failure_of
from tests.boundary.fault_server import completion, say_json
from tests.conftest import Decide
from tests.fakes import answer

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1:1/v1", id="refused"),
        pytest.param("http://no-such-host.invalid/v1", id="unknown name"),
        pytest.param("http://impossible..name/v1", id="impossible name"),
    ],
)
def test_no_connection_is_unreachable(
    url: str, make_client: MakeClient, use_client: UseClient, decide: Decide, credential: Credential
) -> None:
    use_client(make_client(url, deadline_seconds=5))

    response = decide()

    assert response.json()["error_code"] == "provider_unreachable"


@contextmanager
def full_backlog(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Listen, but let the queue of connections be full: the next one is neither taken nor refused."""
    with socket.create_server((host, port), backlog=0) as listener, ExitStack() as waiting:
        address = listener.getsockname()
        for _ in range(4):
            filler = waiting.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(address)
        yield address[1]


def name_of(addresses: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any name have these addresses, as the system's resolver would tell them."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **named: found if "example" in host else real(host, *more, **named)
    )


def test_a_server_that_takes_no_connection_ends_with_the_deadline(make_client: MakeClient) -> None:
    with full_backlog() as port:
        started = monotonic()

        assert failure_of(make_client(f"http://127.0.0.1:{port}/v1")) is ProviderTimeout
        assert monotonic() - started < DEADLINE_SECONDS + 1


def test_an_address_that_answers_nothing_leaves_time_for_the_next(
    serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(say_json(completion(answer())))
    with full_backlog("127.0.0.2", server.port):
        name_of(["127.0.0.2", "127.0.0.1"], monkeypatch)

        assert failure_of(make_client(f"http://two-addresses.example:{server.port}/v1")) is None


def test_a_system_without_threads_to_give_is_met_without_losing_a_place(
    serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(serve(say_json(completion(answer()))).url())
    with monkeypatch.context() as starved:
        starved.setattr(resolver, "Thread", no_thread)
        assert [failure_of(client) for _ in range(9)] == [ProviderUnreachable] * 9

    assert failure_of(client) is None


def no_thread(**_arguments: object) -> NoReturn:
    raise RuntimeError("can't start new thread")


def test_a_look_up_that_hangs_ends_with_the_deadline(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: released.wait(5) and [])
    started = monotonic()

    with pytest.raises(ProviderTimeout):
        make_client("http://slow-name.example/v1", deadline_seconds=0.2).ask(QUESTION)

    assert monotonic() - started < 1
    released.set()


def test_look_ups_that_hang_take_a_few_places_only(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: released.wait(5) and [])
    client = make_client("http://slow-name.example/v1", deadline_seconds=0.3)

    with ThreadPoolExecutor(20) as callers:
        failures = list(callers.map(lambda _: failure_of(client), range(20)))
    stuck = [thread for thread in threading.enumerate() if thread.name == "resolver"]
    released.set()

    assert failures == [ProviderTimeout] * 20
    assert len(stuck) <= 8
