"""All threads share the connections, and no bytes of one call reach the next."""

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
from tests.boundary.fault_server import close_after, completion, drip_after, http, pause_after, say, say_json
from tests.fakes import answer

pytestmark = pytest.mark.any_database


@pytest.fixture
def untraced_threads() -> Iterator[None]:
    """Coverage traces each new thread; CPython 3.11 ends one that starts while another starts."""
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


def test_connections_are_kept_up_to_a_number_and_a_time(
    serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(say_json(completion(answer())))

    for limit, value, left in (("KEPT_CONNECTIONS", 0, 0), ("KEPT_SECONDS", 0.05, 1)):
        before = server.connections
        client = make_client(server.url())
        with monkeypatch.context() as limited:
            limited.setattr(connections, limit, value)
            client.ask(QUESTION)
            sleep(0.1)
            client.ask(QUESTION)
        assert (server.connections - before, connections_left(server)) == (2, left), limit


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(serve: Serve, make_client: MakeClient) -> None:
    server = serve(close_after(http(200, json.dumps(completion(answer())).encode())))
    client = make_client(server.url())

    client.ask(QUESTION)
    sleep(0.1)
    client.ask(QUESTION)

    assert server.connections == 2


def test_an_early_status_is_not_taken_for_the_answer(serve: Serve, make_client: MakeClient) -> None:
    statuses = (100, 102, 103)
    behaviours = iter(
        pause_after(f"HTTP/1.1 {status} Early\r\n\r\n".encode(), say_json(completion(f"after {status}")))
        for status in statuses
    )

    def behave(connection: socket.socket) -> object:
        return next(behaviours)(connection)

    client = make_client(serve(behave).url())

    assert [client.ask(QUESTION).answer for _ in statuses] == [f"after {status}" for status in statuses]


def test_bytes_after_an_answer_are_not_taken_for_the_next_one(serve: Serve, make_client: MakeClient) -> None:
    meant, more = (http(200, json.dumps(completion(text)).encode()) for text in ("meant", "for somebody else"))
    client = make_client(serve(say(meant + more)).url())

    assert [client.ask(QUESTION).answer for _ in range(3)] == ["meant"] * 3


def test_a_connection_with_a_body_that_was_not_read_is_not_used_again(serve: Serve, make_client: MakeClient) -> None:
    client = make_client(serve(drip_after(http(429, content_length="900"))).url())

    assert [failure_of(client) for _ in range(3)] == [ProviderRateLimited] * 3
