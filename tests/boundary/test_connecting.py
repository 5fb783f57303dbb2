"""Connecting: a name is resolved and its addresses are tried in turn, never past the deadline."""

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from unittest.mock import Mock

import pytest

from boundary import transport
from boundary.failures import ProviderTimeout, ProviderUnreachable
from tests.boundary.asking import ask_with_names
from tests.boundary.conftest import DEADLINE_SECONDS, MakeClient, Serve, failure_of
from tests.boundary.fault_server import completion, say_json
from tests.fakes import answer
from traces.deadlines import deadline

pytestmark = pytest.mark.any_database


def test_no_connection_is_unreachable(make_client: MakeClient, subtests: pytest.Subtests) -> None:
    for host in ("127.0.0.1:1", "no-such-host.invalid", "impossible..name"):
        with subtests.test(host):
            assert failure_of(make_client(f"http://{host}/v1", deadline_seconds=5)) is ProviderUnreachable


def test_no_descriptor_that_is_left_is_unreachable(
    serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(serve(say_json(completion(answer()))).url())
    with monkeypatch.context() as starved:
        starved.setattr(transport, "socket", Mock(socket=Mock(side_effect=OSError(errno.EMFILE, "none left"))))
        assert failure_of(client) is ProviderUnreachable

    assert failure_of(client) is None


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


def test_a_server_that_accepts_no_connection_ends_with_the_deadline(make_client: MakeClient) -> None:
    with full_backlog() as port:
        started = monotonic()

        assert failure_of(make_client(f"http://127.0.0.1:{port}/v1")) is ProviderTimeout
        assert monotonic() - started < DEADLINE_SECONDS + 1


def test_a_call_has_what_is_left_of_the_clock_of_its_request(make_client: MakeClient) -> None:
    with full_backlog() as port, deadline(0.2):
        client = make_client(f"http://127.0.0.1:{port}/v1", deadline_seconds=30)
        started = monotonic()

        assert [failure_of(client) for _ in range(2)] == [ProviderTimeout] * 2
        assert monotonic() - started < 5


def test_a_silent_address_leaves_time_for_the_next(serve: Serve, tmp_path: Path) -> None:
    server = serve(say_json(completion(answer())))
    hosts = "127.0.0.2 two-addresses.example\n127.0.0.1 two-addresses.example\n"
    with full_backlog("127.0.0.2", server.port):
        url = f"http://two-addresses.example:{server.port}/v1"
        asked = ask_with_names(url, tmp_path, hosts=hosts, deadline_seconds=5)

    assert asked["ended"] == ["answered"]


def test_look_ups_that_hang_end_with_the_deadline_and_hold_up_no_exit(tmp_path: Path) -> None:
    """The system gives up after 10 s; it cannot be told to stop earlier."""
    asked = ask_with_names(
        "http://slow-name.example/v1", tmp_path, deadline_seconds=0.3, calls=20, silent_name_server=True
    )

    assert asked["ended"] == ["ProviderTimeout"] * 20
    assert asked["seconds"] < 1.3
    assert asked["process_seconds"] < 6
