"""Every fault of a provider ends in its code, in time, with one row, one call and nothing left behind."""

import json
import logging
import os
import threading
from pathlib import Path
from time import monotonic, sleep

import pytest

from boundary.exchange import Question
from boundary.failures import ProviderTimeout, ProviderUnreachable
from rotation.models import Credential
from tests.boundary.certificates import Certificate
from tests.boundary.conftest import DEADLINE_SECONDS, MakeClient, Serve, UseClient, connections_left, failure_of
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

GOOD = json.dumps(completion(answer())).encode()
BLANKS = b" " * 0x10000
# A parser of mail ends lines at a lone CR and builds a tree of what is one line to us.
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
    "429 with chunks that are none": (
        say(b"HTTP/1.1 429 No\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"),
        "provider_rate_limited",
    ),
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
    "thoughts alone": (say_json(completion([{"type": "thinking", "thinking": []}])), "provider_error"),
    "cut short": (say_json(completion(answer(), finish_reason="length")), "provider_error"),
    "refusal": (say_json(completion(None, message={"content": None, "refusal": "canary"})), "provider_refused"),
    "content filter": (say_json(completion(None, finish_reason="content_filter")), "provider_refused"),
    "beyond the schema": (say_json(completion('{"decision": "approved"}')), "invalid_decision"),
    "endless body": (endless("HTTP/1.1 200 OK\n\n", BLANKS), "provider_error"),
    "endless chunks": (endless(CHUNKED, b"10000\r\n" + BLANKS + b"\r\n"), "provider_error"),
    "a chunk without end": (endless(f"{CHUNKED}ffffffffffff\n", BLANKS), "provider_error"),
    "a chunk of size -1": (endless(f"{CHUNKED}-1\n", BLANKS), "provider_error"),
    "a chunk of size -5": (endless(f"{CHUNKED}-5\n", BLANKS), "provider_error"),
    "a chunk of a size far below": (endless(f"{CHUNKED}-ffffffffffffffffffff\n", BLANKS), "provider_error"),
    "a length without end": (endless("HTTP/1.1 200 OK\ncontent-length: 99999999999999\n\n", BLANKS), "provider_error"),
    "a head of parts in parts": (say(b"HTTP/1.1 200 OK\r\n" + HEAD + b"\r\n\r\n"), "provider_error"),
    "a head of letters in letters": (say(b"HTTP/1.1 200 OK\r\n" + LETTERS + b"\r\n\r\n"), "provider_error"),
    "chunks of notes": (endless(CHUNKED, b"1;" + b"x" * 5_000 + b"\r\n \r\n"), "provider_error"),
    "told to go on for ever": (endless("", b"HTTP/1.1 100 Continue\r\n\r\n"), "provider_error"),
    "too large": (say(http(200, b" " * 1_100_000)), "provider_error"),
    "gzip bomb": (say(gzip_bomb()), "provider_error"),
    "compressed": (say(http(200, b"x", content_encoding="br")), "provider_error"),
    "closed before an answer": (close_after(b""), "provider_error"),
    "closed amid the head": (close_after(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n"), "provider_error"),
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


@pytest.mark.parametrize("fault", [name for name, (_, code) in FAULTS.items() if code.startswith("provider_")])
def test_a_fault_has_the_same_code_over_tls(
    fault: str, trusted: Certificate, serve: Serve, make_client: MakeClient
) -> None:
    behaviour, code = FAULTS[fault]
    server, started = serve(behaviour, tls=trusted.server), monotonic()

    failure = failure_of(make_client(server.url("https", "localhost")))

    assert failure is not None
    assert failure.code == code
    assert monotonic() - started < DEADLINE_SECONDS + 1
    assert len(server.requests) == 1


def test_a_redirect_is_not_followed(serve: Serve, make_client: MakeClient) -> None:
    elsewhere = serve(say_json(completion(answer())))
    server = serve(say(http(307, location=f"{elsewhere.url()}/chat/completions")))

    assert failure_of(make_client(server.url())) is ProviderUnreachable
    assert not elsewhere.requests


def test_no_text_of_the_provider_reaches_a_log_or_answer(
    serve: Serve,
    make_client: MakeClient,
    use_client: UseClient,
    decide: Decide,
    credential: Credential,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    error = {"message": f"canary {REPORT}", "code": "canary_code", "type": "invalid_request_error", "param": "canary"}
    use_client(make_client(serve(say(http(400, json.dumps({"error": error}).encode()))).url()))

    response = decide()

    row = TraceRecord.objects.get()
    assert (row.provider_status, row.provider_code) == (400, "invalid_request_error")
    assert "provider_rejected: HTTP 400, invalid_request_error" in caplog.text
    shown = response.content.decode() + caplog.text + repr(TraceRecord.objects.values())
    assert "canary" not in shown
    assert REPORT not in shown


def test_nothing_lingers_after_the_deadline(serve: Serve, make_client: MakeClient) -> None:
    server = serve(hang)
    client = make_client(server.url(), deadline_seconds=0.1)

    assert [failure_of(client) for _ in range(5)] == [ProviderTimeout] * 5
    assert not any(thread.name == "resolver" for thread in threading.enumerate())
    assert connections_left(server) == 0


def test_a_server_that_reads_nothing_ends_with_the_deadline(serve: Serve, make_client: MakeClient) -> None:
    server = serve(lambda _: sleep(3), at_once=True)
    large = Question(system="x" * 20_000_000, user="", schema_name="answer", schema={})
    started = monotonic()

    with pytest.raises(ProviderTimeout):
        make_client(server.url()).ask(large)

    assert monotonic() - started < DEADLINE_SECONDS + 1


def test_a_deadline_that_has_passed_sends_no_request(serve: Serve, make_client: MakeClient) -> None:
    server = serve(hang)

    assert failure_of(make_client(server.url(), deadline_seconds=0)) is ProviderTimeout
    assert not server.requests


def our_threads() -> int:
    return sum(thread.name != "fault-server" for thread in threading.enumerate())
