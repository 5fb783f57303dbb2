"""Each question has a connection of its own, so that no answer can be taken for another question's."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

from boundary.exchange import Question
from boundary.failures import ProviderError, ProviderRateLimited, ProviderRejected
from boundary.transport import Exchange
from tests.boundary.certificates import Certificate
from tests.boundary.conftest import QUESTION, MakeClient, Serve, connections_left, failure_of
from tests.boundary.fault_server import (
    Behaviour,
    Request,
    answering,
    completion,
    drip_after,
    hang,
    http,
    pause_after,
    say,
    say_json,
)
from tests.fakes import answer

pytestmark = pytest.mark.any_database

CALLS, PLACES = 1000, 96
GAP_SECONDS = 0.003


def question(number: int) -> Question:
    return Question(system="Judge.", user=f"report {number}", schema_name="answer", schema={"type": "object"})


def about(request: Request) -> bytes:
    """Answer with the words of the question."""
    return http(200, json.dumps(completion(request.json["messages"][1]["content"])).encode())


def twice(request: Request) -> Behaviour:
    """Send the answer again a moment later, as a gateway that repeats itself does, and keep the connection."""

    def behave(connection: socket.socket) -> bool:
        connection.sendall(about(request))
        sleep(GAP_SECONDS)
        connection.sendall(about(request))
        return True

    return behave


@pytest.fixture
def untraced_threads() -> Iterator[None]:
    """Coverage traces each new thread; CPython 3.11 ends one that starts while another starts."""
    hook = threading.gettrace()
    threading.settrace(None)
    yield
    threading.settrace(hook)


@pytest.mark.usefixtures("untraced_threads")
@pytest.mark.parametrize("clients", [1, 8])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_answer_sent_twice_is_never_taken_for_the_next_question(
    scheme: str, clients: int, trusted: Certificate, make_client: MakeClient
) -> None:
    with answering(twice, tls=trusted.server if scheme == "https" else None) as server:
        client = make_client(server.url(scheme, "localhost"), deadline_seconds=20)
        with ThreadPoolExecutor(clients) as threads:
            replies = list(threads.map(lambda number: client.ask(question(number)).answer, range(100)))

    assert replies == [f"report {number}" for number in range(100)]


@pytest.mark.usefixtures("untraced_threads")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_closes_idle_connections_fails_no_call(
    scheme: str, trusted: Certificate, make_client: MakeClient
) -> None:
    def close_when_idle(request: Request) -> Behaviour:
        def behave(connection: socket.socket) -> bool:
            connection.sendall(about(request))
            sleep(0.05)
            return False

        return behave

    with answering(close_when_idle, tls=trusted.server if scheme == "https" else None) as server:
        client = make_client(server.url(scheme, "localhost"), deadline_seconds=20)
        with ThreadPoolExecutor(4) as threads:
            replies = list(threads.map(lambda number: client.ask(question(number)).answer, range(400)))

    assert replies == [f"report {number}" for number in range(400)]


@pytest.mark.usefixtures("untraced_threads")
def test_many_calls_at_once_leave_no_descriptor_and_no_thread(make_client: MakeClient) -> None:
    with answering(lambda request: say(about(request))) as server:
        client = make_client(server.url(host="localhost"), deadline_seconds=20)
        client.ask(question(0))
        before = descriptors(), threads_of_libcurl()
        with ThreadPoolExecutor(PLACES) as threads:
            replies = list(threads.map(lambda number: client.ask(question(number)).answer, range(CALLS)))
        connections = server.connections
        assert wait_for(lambda: connections_left(server) == 0)
        assert wait_for(lambda: threads_of_libcurl() <= before[1])
        after = descriptors()

    assert replies == [f"report {number}" for number in range(CALLS)]
    assert connections == CALLS + 1
    assert after <= before[0]


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def threads_of_libcurl() -> int:
    """Count the system's threads that Python did not start."""
    return len(list(Path("/proc/self/task").iterdir())) - threading.active_count()


def wait_for(holds: Callable[[], bool]) -> bool:
    for _ in range(100):
        if holds():
            return True
        sleep(0.05)
    return False


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


def test_an_answer_that_is_there_before_the_question_is_refused(
    serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_unasked(connection: socket.socket) -> None:
        connection.sendall(http(200, json.dumps(completion(answer())).encode()))
        connection.recv(0x10000)

    def look_late(exchange: Exchange, *addresses: object) -> int:
        sleep(0.05)
        return look(exchange, *addresses)

    look = Exchange._may_send
    monkeypatch.setattr(Exchange, "_may_send", look_late)
    client = make_client(serve(answer_unasked, at_once=True).url(), deadline_seconds=5)

    assert [failure_of(client) for _ in range(3)] == [ProviderError] * 3


def test_bytes_after_an_answer_are_not_taken_for_the_next_one(serve: Serve, make_client: MakeClient) -> None:
    meant, more = (http(200, json.dumps(completion(text)).encode()) for text in ("meant", "for somebody else"))
    client = make_client(serve(say(meant + more)).url())

    assert [client.ask(QUESTION).answer for _ in range(3)] == ["meant"] * 3


def test_an_error_whose_body_never_ends_has_the_code_of_its_status(serve: Serve, make_client: MakeClient) -> None:
    client = make_client(serve(drip_after(http(429, content_length="900"))).url())

    assert failure_of(client) is ProviderRateLimited


def test_an_error_is_read_to_its_limit_and_no_further(serve: Serve, make_client: MakeClient) -> None:
    quota = b'{"error": {"code": "insufficient_quota"}}'
    for blanks, failure in ((4_096 - len(quota), ProviderRejected), (4_097, ProviderRateLimited)):
        client = make_client(serve(say(http(429, b" " * blanks + quota), hang)).url(), deadline_seconds=10)
        assert failure_of(client) is failure, blanks
