"""How an answer is framed by HTTP, and when its connection may be asked again."""

import gc
import json
from functools import partial

import pytest

from boundary.answers import AnswerReader
from boundary.failures import ProviderError, ProviderFailure
from tests.boundary.conftest import QUESTION, MakeClient, Serve, failure_of
from tests.boundary.fault_server import Behaviour, close_after, completion, http, pause_after, say
from tests.fakes import answer

pytestmark = pytest.mark.any_database

GOOD = json.dumps(completion(answer())).encode()
CHUNKS = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (GOOD[:7], GOOD[7:90], GOOD[90:])) + b"0\r\n"


@pytest.fixture
def make_client(make_client: MakeClient) -> MakeClient:
    """Time is not the subject here."""
    return partial(make_client, deadline_seconds=10)


@pytest.mark.parametrize(
    ("said", "connections"),
    [
        pytest.param(http(200, GOOD), 1, id="a length"),
        pytest.param(b"HTTP/1.1 200\r\nContent-Length: %d\r\n\r\n%s" % (len(GOOD), GOOD), 1, id="no reason"),
        pytest.param(http(200, GOOD, content_encoding="Identity"), 1, id="encoded as it is"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n" % CHUNKS, 1, id="chunks"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%sX-Sum: 1\r\n\r\n" % CHUNKS,
            1,
            id="chunks and a trailer",
        ),
        pytest.param(http(200, GOOD + b" " * 100_000), 1, id="more than a head may be"),
        pytest.param(http(200, GOOD, connection="close"), 2, id="not to be asked again"),
        pytest.param(http(200, GOOD).replace(b"1.1", b"1.0", 1), 2, id="HTTP/1.0"),
        pytest.param(http(200, GOOD) + b"and some more", 2, id="more than the answer"),
        pytest.param(http(200, GOOD, connection="close") + b"and some more", 2, id="more than the last answer"),
    ],
)
def test_an_answer_is_read_however_it_is_framed(
    said: bytes, connections: int, serve: Serve, make_client: MakeClient
) -> None:
    server = serve(say(said))
    client = make_client(server.url())

    assert [client.ask(QUESTION).answer for _ in range(2)] == [answer()] * 2
    assert server.connections == connections


def test_an_answer_without_a_length_ends_with_its_connection(serve: Serve, make_client: MakeClient) -> None:
    server = serve(close_after(b"HTTP/1.1 200 OK\r\n\r\n" + GOOD))
    client = make_client(server.url())

    assert [client.ask(QUESTION).answer for _ in range(2)] == [answer()] * 2
    assert server.connections == 2


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n" + GOOD, id="upgrade"),
        pytest.param(http(200, GOOD, transfer_encoding="chunked"), id="a length and chunks"),
        pytest.param(http(200, GOOD).replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n", 1), id="two lengths"),
        pytest.param(http(200, GOOD, content_length="+5"), id="a length with a sign"),
        pytest.param(http(200, GOOD).replace(b"HTTP/1.1", b"HTTP/9.9", 1), id="another version"),
        pytest.param(http(200, GOOD).replace(b"content-type:", b"content-type :", 1), id="a blank before a colon"),
        pytest.param(http(200, GOOD).replace(b"content-type", b"content\0type", 1), id="a NUL"),
        pytest.param(http(200, GOOD).replace(b"\r\n", b"\n"), id="bare line feeds"),
        pytest.param(http(200, GOOD, content_encoding="br", vary="nothing"), id="encoded"),
        pytest.param(http(150, GOOD) + http(200), id="the body in front of the answer"),
    ],
)
def test_an_answer_that_can_be_read_in_two_ways_is_refused(said: bytes, serve: Serve, make_client: MakeClient) -> None:
    server = serve(say(said))
    client = make_client(server.url())

    assert [failure_of(client) for _ in range(2)] == [ProviderError] * 2
    assert server.connections == 2


def test_a_body_in_front_of_the_answer_is_refused_before_the_answer_comes(
    serve: Serve, make_client: MakeClient
) -> None:
    server = serve(pause_after(http(150, GOOD), say(http(200, GOOD))))

    assert failure_of(make_client(server.url())) is ProviderError


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(http(200, GOOD, content_length=str(len(GOOD) + 1)), id="a length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS.removesuffix(b"0\r\n"), id="chunks"
        ),
    ],
)
def test_a_decision_in_an_answer_that_is_cut_short_is_refused(
    said: bytes, serve: Serve, make_client: MakeClient
) -> None:
    assert failure_of(make_client(serve(close_after(said)).url())) is ProviderError


def test_the_text_of_an_error_is_in_no_exception(serve: Serve, make_client: MakeClient) -> None:
    client = make_client(serve(say(http(400, b'{"error": {"message": "canary"}}'))).url())

    with pytest.raises(ProviderFailure) as raised:
        client.ask(QUESTION)

    assert raised.value.__context__ is not None
    assert "canary" not in repr([raised.value, raised.value.__context__, vars(raised.value.__context__)])


@pytest.mark.parametrize(
    "behaves",
    [
        pytest.param(say(http(200, GOOD)), id="kept"),
        pytest.param(say(http(200, GOOD, connection="close")), id="closed"),
        pytest.param(say(http(200, b" " * 300_000)), id="too large"),
        pytest.param(close_after(http(200, GOOD, content_length=str(len(GOOD) + 1))), id="cut short"),
    ],
)
def test_no_connection_holds_the_text_of_its_last_answer(
    behaves: Behaviour, serve: Serve, make_client: MakeClient
) -> None:
    client = make_client(serve(behaves).url())

    failure_of(client)

    readers = [each for each in gc.get_objects() if isinstance(each, AnswerReader)]
    assert {bytes(each.body) for each in readers} == {b""}
