"""Every way a call can go wrong ends in its own code, in time, with one row, one call and nothing left behind."""

import json
import logging
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import NoReturn

import pytest

from boundary import resolver
from boundary.client import ModelClient
from boundary.exchange import Question
from boundary.failures import ProviderFailure, ProviderRateLimited, ProviderTimeout, ProviderUnreachable
from rotation.models import Credential
from tests.boundary.conftest import DEADLINE_SECONDS, MakeClient, Serve, UseClient, connections_left
from tests.boundary.fault_server import (
    Behaviour,
    close_after,
    completion,
    drip,
    drip_after,
    endless,
    gzip_bomb,
    hang,
    http,
    reset_after,
    say,
    say_json,
)
from tests.conftest import REPORT, Decide
from tests.fakes import answer
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database

QUESTION = Question(system="Judge.", user="A report.", schema_name="answer", schema={"type": "object"})
GOOD = json.dumps(completion(answer())).encode()
BLANKS = b" " * 0x10000
# A parser made for mail takes a lone CR for the end of a line, and builds a tree of what is one line to us.
PARTS = b"".join(b"Content-Type:multipart/mixed;boundary=%05d\r\r--%05d\r" % (n, n) for n in range(400))
LINES = PARTS + b"\r" + b"-\r" * 140_000
HEAD = b"Content-Length: 0\r" + b"\r\n".join(LINES[start : start + 60_000] for start in range(0, len(LINES), 60_000))
LETTERS = b"Content-Type:message/rfc822\r\r" * 2_000
CHUNKED = "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n"

FAULTS: dict[str, tuple[Behaviour, str]] = {
    "silence": (hang, "provider_timeout"),
    "headers dripped": (drip(http(200, GOOD, x_long="x" * 500)), "provider_timeout"),
    "body dripped": (drip_after(http(200, GOOD, content_length="900")), "provider_timeout"),
    "redirect": (say(http(307, location="http://127.0.0.1:1/")), "provider_unreachable"),
    "400": (say(http(400, b'{"error": {"message": "canary"}}')), "provider_rejected"),
    "401": (say(http(401, b'{"error": {"message": "canary"}}')), "provider_rejected"),
    "403": (say(http(403, b"canary")), "provider_rejected"),
    "404": (say(http(404, b"[" * 100_000)), "provider_rejected"),
    "429 with a long Retry-After": (say(http(429, retry_after="120")), "provider_rate_limited"),
    "429 with a dripped body": (drip_after(http(429, content_length="900")), "provider_rate_limited"),
    "429 with a large body": (say(http(429, b" " * 300_000)), "provider_rate_limited"),
    "401 with a compressed body": (say(http(401, b"x", content_encoding="gzip")), "provider_rejected"),
    "redirect with an endless body": (drip_after(http(302, content_length="900")), "provider_unreachable"),
    "500": (say(http(500)), "provider_error"),
    "503": (say(http(503, b"\xff\xfe")), "provider_error"),
    "no content": (say(http(204)), "provider_error"),
    "html": (say(http(200, b"<html>canary</html>", content_type="text/html")), "provider_error"),
    "empty": (say(http(200)), "provider_error"),
    "bad UTF-8": (say(http(200, b'{"choices": "\xff"}')), "provider_error"),
    "truncated JSON": (say(http(200, GOOD[:-30])), "provider_error"),
    "null": (say_json(None), "provider_error"),
    "array": (say_json([]), "provider_error"),
    "deep": (say(http(200, b"[" * 100_000)), "provider_error"),
    "choices null": (say_json(completion(answer()) | {"choices": None}), "provider_error"),
    "choices empty": (say_json(completion(answer()) | {"choices": []}), "provider_error"),
    "no message": (say_json(completion(answer(), message=None)), "provider_error"),
    "content null": (say_json(completion(None)), "provider_error"),
    "content list": (say_json(completion([{"type": "text", "text": answer()}])), "provider_error"),
    "cut short": (say_json(completion(answer(), finish_reason="length")), "provider_error"),
    "refusal": (say_json(completion(None, message={"content": None, "refusal": "canary"})), "provider_refused"),
    "content filter": (say_json(completion(None, finish_reason="content_filter")), "provider_refused"),
    "beyond the schema": (say_json(completion('{"decision": "approved"}')), "invalid_decision"),
    "endless body": (endless("HTTP/1.1 200 OK\n\n", BLANKS), "provider_error"),
    "endless chunks": (endless(CHUNKED, b"10000\r\n" + BLANKS + b"\r\n"), "provider_error"),
    "a chunk without end": (endless(f"{CHUNKED}ffffffffffff\n", BLANKS), "provider_error"),
    "a chunk of less than nothing": (endless(f"{CHUNKED}-1\n", BLANKS), "provider_error"),
    "a chunk of much less": (endless(f"{CHUNKED}-5\n", BLANKS), "provider_error"),
    "a length without end": (endless("HTTP/1.1 200 OK\ncontent-length: 99999999999999\n\n", BLANKS), "provider_error"),
    "a chunk of a negative size without end": (say(f"{CHUNKED}-ffffffffffffffffffff\r\n".encode()), "provider_error"),
    "a head of parts in parts": (say(b"HTTP/1.1 200 OK\r\n" + HEAD + b"\r\n\r\n"), "provider_error"),
    "a head of letters in letters": (say(b"HTTP/1.1 200 OK\r\n" + LETTERS + b"\r\n\r\n"), "provider_error"),
    "chunks of notes": (endless(CHUNKED, b"1;" + b"x" * 5_000 + b"\r\n \r\n"), "provider_error"),
    "told to go on for ever": (endless("", b"HTTP/1.1 100 Continue\r\n\r\n"), "provider_error"),
    "too large": (say(http(200, b" " * 300_000)), "provider_error"),
    "gzip bomb": (say(gzip_bomb()), "provider_error"),
    "compressed": (say(http(200, b"x", content_encoding="br")), "provider_error"),
    "closed before an answer": (close_after(b""), "provider_error"),
    "closed before the last byte": (close_after(http(200, GOOD + b" ")[:-1]), "provider_error"),
    "closed amid the body": (close_after(http(200, GOOD)[:-30]), "provider_error"),
    "reset amid the body": (reset_after(http(200, GOOD)[:-30]), "provider_error"),
    "content-length too small": (close_after(http(200, GOOD, content_length="10")), "provider_error"),
    "not HTTP": (say(b"220 mail.example ESMTP\r\n\r\n"), "provider_error"),
    "endless header": (say(b"HTTP/1.1 200 OK\r\nx: " + b"x" * 200_000), "provider_error"),
}


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_in_its_code_in_time_with_one_row_and_one_call(
    fault: str, serve: Serve, make_client: MakeClient, use_client: UseClient, decide: Decide, credential: Credential
) -> None:
    behaviour, code = FAULTS[fault]
    server, threads = serve(behaviour), our_threads()
    client = make_client(server.url())
    use_client(client)
    memory, started = resident_bytes(), monotonic()

    response = decide()

    assert monotonic() - started < DEADLINE_SECONDS + 1
    assert resident_bytes() - memory < 32 * 1024 * 1024
    assert (response.json()["status"], response.json()["error_code"]) == ("failed", code)
    assert TraceRecord.objects.get().error_code == code
    assert TraceRecord.objects.get().provider_ms is not None
    assert len(server.requests) == 1
    assert connections_left(server) <= (code != "provider_timeout")
    client.close()
    assert connections_left(server) == 0
    assert our_threads() == threads


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


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        pytest.param(lambda _: sleep(3), "provider_timeout", id="a handshake that never ends"),
        pytest.param(close_after(b"HTTP/1.1 400 No\r\n\r\n"), "provider_unreachable", id="a server without TLS"),
    ],
)
def test_tls_that_fails_is_named(
    behaviour: Behaviour,
    code: str,
    serve: Serve,
    make_client: MakeClient,
    use_client: UseClient,
    decide: Decide,
    credential: Credential,
) -> None:
    use_client(make_client(serve(behaviour, at_once=True).url("https")))
    started = monotonic()

    response = decide()

    assert response.json()["error_code"] == code
    assert monotonic() - started < DEADLINE_SECONDS + 1


def test_a_redirect_is_not_followed(serve: Serve, make_client: MakeClient) -> None:
    elsewhere = serve(say_json(completion(answer())))
    server = serve(say(http(307, location=f"{elsewhere.url()}/chat/completions")))

    with pytest.raises(ProviderUnreachable):
        make_client(server.url()).ask(QUESTION)

    assert not elsewhere.requests


def test_a_connection_with_a_body_that_was_not_read_is_not_used_again(serve: Serve, make_client: MakeClient) -> None:
    client = make_client(serve(drip_after(http(429, content_length="900"))).url())

    assert [failure_of(client) for _ in range(3)] == [ProviderRateLimited] * 3


def test_no_text_of_the_provider_reaches_a_log_or_answer(
    serve: Serve,
    make_client: MakeClient,
    use_client: UseClient,
    decide: Decide,
    credential: Credential,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    use_client(make_client(serve(say(http(400, b'{"error": {"message": "canary"}}'))).url()))

    response = decide()

    assert "provider_rejected: HTTP 400" in caplog.text
    assert "canary" not in response.content.decode() + caplog.text
    assert REPORT not in caplog.text


def test_nothing_lingers_after_the_deadline(serve: Serve, make_client: MakeClient) -> None:
    server = serve(hang)
    client = make_client(server.url(), deadline_seconds=0.1)

    for _ in range(5):
        with pytest.raises(ProviderTimeout):
            client.ask(QUESTION)

    assert not any(thread.name == "resolver" for thread in threading.enumerate())
    assert connections_left(server) == 0


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


def test_a_server_that_reads_nothing_ends_with_the_deadline(serve: Serve, make_client: MakeClient) -> None:
    server = serve(lambda _: sleep(3), at_once=True)
    large = Question(system="x" * 20_000_000, user="", schema_name="answer", schema={})
    started = monotonic()

    with pytest.raises(ProviderTimeout):
        make_client(server.url()).ask(large)

    assert monotonic() - started < DEADLINE_SECONDS + 1


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


def test_a_deadline_that_has_passed_asks_nobody(serve: Serve, make_client: MakeClient) -> None:
    server = serve(hang)

    with pytest.raises(ProviderTimeout):
        make_client(server.url(), deadline_seconds=0).ask(QUESTION)

    assert not server.requests


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


def failure_of(client: ModelClient) -> type[ProviderFailure] | None:
    try:
        client.ask(QUESTION)
    except ProviderFailure as failure:
        return type(failure)
    return None


def our_threads() -> int:
    return sum(thread.name != "fault-server" for thread in threading.enumerate())
