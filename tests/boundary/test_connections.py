"""Connections are kept and shared by all threads, and what one call leaves on one never reaches the next."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from boundary import connections
from boundary.failures import ProviderRateLimited
from tests.boundary.conftest import QUESTION, MakeClient, Serve, connections_left, failure_of
from tests.boundary.fault_server import completion, drip_after, http, pause_after, say, say_json
from tests.fakes import answer

pytestmark = pytest.mark.any_database


@pytest.fixture
def untraced_threads() -> Iterator[None]:
    """What measures coverage traces each new thread; CPython 3.11 ends one that begins while another is begun."""
    hook = threading.gettrace()
    threading.settrace(None)
    yield
    threading.settrace(hook)


@pytest.mark.usefixtures("untraced_threads")
def test_many_threads_share_one_client_and_its_connections(serve: Serve, make_client: MakeClient) -> None:
    server = serve(say_json(completion(answer())))
    client = make_client(server.url(), deadline_seconds=20)

    with ThreadPoolExecutor(32) as threads:
        replies = list(threads.map(lambda _: client.ask(QUESTION).answer, range(1000)))

    assert replies == [answer()] * 1000
    assert server.connections <= 32


@pytest.mark.parametrize(("limit", "value", "left"), [("KEPT_CONNECTIONS", 0, 0), ("KEPT_SECONDS", 0.05, 1)])
def test_so_many_connections_are_kept_and_for_so_long(
    limit: str, value: float, left: int, serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, limit, value)
    server = serve(say_json(completion(answer())))
    client = make_client(server.url())

    client.ask(QUESTION)
    sleep(0.1)
    client.ask(QUESTION)

    assert (server.connections, connections_left(server)) == (2, left)


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(serve: Serve, make_client: MakeClient) -> None:
    server = serve(lambda it: it.sendall(b""))
    good = say_json(completion(answer()))
    server.behaviour = lambda connection: not good(connection)
    client = make_client(server.url())

    client.ask(QUESTION)
    sleep(0.1)
    client.ask(QUESTION)

    assert server.connections == 2


@pytest.mark.parametrize("status", [100, 102, 103])
def test_an_early_status_is_not_taken_for_the_answer(status: int, serve: Serve, make_client: MakeClient) -> None:
    early = f"HTTP/1.1 {status} Early\r\n\r\n".encode()
    behaviours = iter([pause_after(early, say_json(completion(text))) for text in ("the first", "the second")])

    def behave(connection: socket.socket) -> object:
        return next(behaviours)(connection)

    client = make_client(serve(behave).url())

    assert [client.ask(QUESTION).answer for _ in range(2)] == ["the first", "the second"]


def test_bytes_after_an_answer_are_not_taken_for_the_next_one(serve: Serve, make_client: MakeClient) -> None:
    meant, more = (http(200, json.dumps(completion(text)).encode()) for text in ("meant", "for somebody else"))
    client = make_client(serve(say(meant + more)).url())

    assert [client.ask(QUESTION).answer for _ in range(3)] == ["meant"] * 3


def test_a_connection_with_a_body_that_was_not_read_is_not_used_again(serve: Serve, make_client: MakeClient) -> None:
    client = make_client(serve(drip_after(http(429, content_length="900"))).url())

    assert [failure_of(client) for _ in range(3)] == [ProviderRateLimited] * 3
