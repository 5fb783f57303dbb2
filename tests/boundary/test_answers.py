"""How HTTP frames an answer. What can be read in two ways is refused, and nothing of it reaches the next question."""

import gc
import gzip
import json
from functools import partial

import pytest

from boundary.failures import ProviderError, ProviderFailure
from boundary.transport import Exchange
from tests.boundary.conftest import QUESTION, MakeClient, Serve, failure_of
from tests.boundary.fault_server import Behaviour, close_after, completion, http, pause_after, say
from tests.fakes import answer

pytestmark = pytest.mark.any_database

GOOD = json.dumps(completion(answer())).encode()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (GOOD[:7], GOOD[7:90], GOOD[90:])) + b"0\r\n"


@pytest.fixture
def make_client(make_client: MakeClient) -> MakeClient:
    """Time does not matter here."""
    return partial(make_client, deadline_seconds=10)


READ: dict[str, Behaviour] = {
    "a length": say(http(200, GOOD)),
    "no reason": say(b"HTTP/1.1 200\r\nContent-Length: %d\r\n\r\n%s" % (len(GOOD), GOOD)),
    "encoded as it is": say(http(200, GOOD, content_encoding="Identity")),
    "compressed": say(http(200, gzip.compress(GOOD), content_encoding="gzip")),
    "chunks": say(CHUNKED + CHUNKS + b"\r\n"),
    "chunks and a trailer": say(CHUNKED + CHUNKS + b"X-Sum: 1\r\n\r\n"),
    "as large as it may be": say(http(200, GOOD + b" " * (1_048_576 - len(GOOD)))),
    "compressed, and as large as it may be": say(
        http(200, gzip.compress(GOOD + b" " * (1_048_576 - len(GOOD))), content_encoding="gzip")
    ),
    "not to be used again": say(http(200, GOOD, connection="close")),
    "HTTP/1.0": say(http(200, GOOD).replace(b"1.1", b"1.0", 1)),
    "more than the answer": say(http(200, GOOD) + b"and some more"),
    "no length": close_after(b"HTTP/1.1 200 OK\r\n\r\n" + GOOD),
    "early hints with a length": say(b"HTTP/1.1 103 Early\r\nContent-Length: 9\r\n\r\n" + http(200, GOOD)),
}
REFUSED: dict[str, Behaviour] = {
    "upgrade": say(b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n" + GOOD),
    "a length and chunks": say(http(200, GOOD, transfer_encoding="chunked")),
    "two lengths": say(http(200, GOOD).replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n", 1)),
    "a length with a sign": say(http(200, GOOD, content_length="+5")),
    "no known status": say(http(200, GOOD).replace(b" 200 ", b" 999 ", 1)),
    "another version": say(http(200, GOOD).replace(b"HTTP/1.1", b"HTTP/9.9", 1)),
    "a blank before a colon": say(http(200, GOOD).replace(b"content-type:", b"content-type :", 1)),
    "a NUL": say(http(200, GOOD).replace(b"content-type", b"content\0type", 1)),
    "bare line feeds": say(http(200, GOOD).replace(b"\r\n", b"\n")),
    "too large": say(http(200, GOOD + b" " * 1_048_577)),
    "too large once inflated": say(http(200, gzip.compress(GOOD + b" " * 1_048_577), content_encoding="gzip")),
    "encoded as it is not": say(http(200, GOOD, content_encoding="br", vary="nothing")),
    "a compression that nobody knows": say(http(200, GOOD, content_encoding="zip")),
    "a status that is no number": say(http(200, GOOD).replace(b"200", b"200x", 1)),
    "a name without letters": say(http(200, GOOD).replace(b"content-type", b"", 1)),
    "a length after the answer": say(CHUNKED + CHUNKS + b"Content-Length: 9\r\n\r\n"),
    "a line of something else first": say(b"220 ready\r\n" + http(200, GOOD)),
    "the body before the answer": say(http(150, GOOD) + http(200)),
    "a length that is cut short": close_after(http(200, GOOD, content_length=str(len(GOOD) + 1))),
    "chunks that are cut short": close_after(CHUNKED + CHUNKS.removesuffix(b"0\r\n")),
}


@pytest.mark.parametrize("name", READ)
def test_an_answer_is_read_however_it_is_framed(name: str, serve: Serve, make_client: MakeClient) -> None:
    server = serve(READ[name])
    client = make_client(server.url())

    assert [client.ask(QUESTION).answer for _ in range(2)] == [answer()] * 2
    assert server.connections == 2


@pytest.mark.parametrize("name", REFUSED)
def test_an_ambiguous_incomplete_or_large_answer_is_refused(name: str, serve: Serve, make_client: MakeClient) -> None:
    server = serve(REFUSED[name])
    client = make_client(server.url())

    assert [failure_of(client) for _ in range(2)] == [ProviderError] * 2
    assert server.connections == 2


def test_an_envelope_with_a_key_twice_is_refused(serve: Serve, make_client: MakeClient) -> None:
    other = json.dumps(completion(answer("not_eligible")))
    for envelope in (
        GOOD[:-1] + b", " + other.encode()[1:],
        GOOD.replace(b'"content":', b'"content": "another", "content":'),
        GOOD.replace(b'"model":', b'"id": "2", "model":'),
    ):
        assert failure_of(make_client(serve(say(http(200, envelope))).url())) is ProviderError, envelope


def test_what_an_envelope_holds_beside_the_answer_does_not_matter(serve: Serve, make_client: MakeClient) -> None:
    for more in (b"1" * 4_299, b"1e999", b"[" * 100 + b"]" * 100):
        client = make_client(serve(say(http(200, GOOD[:-1] + b', "more": ' + more + b"}"))).url())
        assert client.ask(QUESTION).answer == answer(), more[:20]


def test_bytes_that_are_no_text_fail_by_name(serve: Serve, make_client: MakeClient) -> None:
    for more in (b'"\xff"', b'"\\ud800"', b"1" * 10_000, b"[" * 100_000, b"NaN", b"'"):
        client = make_client(serve(say(http(200, GOOD[:-1] + b', "more": ' + more + b"}"))).url())
        assert failure_of(client) in {ProviderError, None}, more[:20]


def test_a_body_before_the_answer_is_refused_before_the_answer_comes(serve: Serve, make_client: MakeClient) -> None:
    server = serve(pause_after(http(150, GOOD), say(http(200, GOOD))))

    assert failure_of(make_client(server.url())) is ProviderError


def test_the_text_of_an_error_is_in_no_exception(serve: Serve, make_client: MakeClient) -> None:
    client = make_client(serve(say(http(400, b'{"error": {"message": "canary"}}'))).url())

    with pytest.raises(ProviderFailure) as raised:
        client.ask(QUESTION)

    assert raised.value.__context__ is not None
    assert "canary" not in repr([raised.value, raised.value.__context__, vars(raised.value.__context__)])


@pytest.mark.parametrize("name", ["a length", "too large", "a length that is cut short"])
def test_nothing_holds_a_text_after_its_question(name: str, serve: Serve, make_client: MakeClient) -> None:
    client = make_client(serve((READ | REFUSED)[name]).url())

    failure_of(client)

    assert not [each for each in gc.get_objects() if type(each) is Exchange]
