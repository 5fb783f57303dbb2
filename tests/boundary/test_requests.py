"""What goes over the wire, and that one client serves every thread with kept connections."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from pytest_django import Settings

from boundary import client as client_module
from boundary import connections
from boundary.client import ModelCallsForbidden, shared_client
from boundary.exchange import Question
from rotation.models import Credential
from tests.boundary.conftest import KEY, MakeClient, Serve, UseClient, connections_left
from tests.boundary.fault_server import FaultServer, completion, http, pause_after, say, say_json
from tests.conftest import REPORT, Decide
from tests.fakes import answer
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database

QUESTION = Question(system="Judge.", user="A report.", schema_name="answer", schema={"type": "object"})


@pytest.fixture
def asked(
    serve: Serve, make_client: MakeClient, use_client: UseClient, decide: Decide, credential: Credential
) -> FaultServer:
    """A server that was asked for one decision and supported it."""
    server = serve(say_json(completion(answer())))
    use_client(make_client(server.url()))
    assert decide().json()["decision"] == "eligible"
    return server


def test_the_request_holds_the_known_fields_alone(asked: FaultServer) -> None:
    body = asked.requests[0].json

    assert {name: type(value) for name, value in body.items()} == {
        "model": str,
        "messages": list,
        "response_format": dict,
        "max_completion_tokens": int,
        "store": bool,
    }
    assert body["store"] is False
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


def test_the_schema_is_strict(asked: FaultServer) -> None:
    wanted = asked.requests[0].json["response_format"]

    assert wanted["type"] == "json_schema"
    assert wanted["json_schema"]["strict"] is True
    schema = wanted["json_schema"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(schema["properties"])


def test_the_report_stands_in_the_user_part_alone(asked: FaultServer) -> None:
    request = asked.requests[0]
    system, user = request.json["messages"]

    assert REPORT in user["content"]
    assert REPORT not in json.dumps(system)
    assert request.body.decode().count(REPORT) == 1


def test_the_key_stands_in_its_header_alone(asked: FaultServer) -> None:
    request = asked.requests[0]

    assert request.headers.pop("authorization") == f"Bearer {KEY}"
    assert KEY not in request.line + repr(request.headers) + request.body.decode()


def test_the_headers_tell_nothing_of_this_machine(asked: FaultServer) -> None:
    headers = asked.requests[0].headers

    assert set(headers) == {
        "host", "authorization", "accept", "accept-encoding", "content-type", "content-length", "user-agent",
    }  # fmt: skip
    assert headers["accept-encoding"] == "identity"


def test_the_environment_adds_nothing(serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(say_json(completion(answer())))
    named = ("X-Other", "Authorization", "Host", "User-Agent", "Content-Type", "Accept")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "\n".join(f"{name}: canary-of-env" for name in named))
    monkeypatch.setenv("OPENAI_ORG_ID", "canary-of-env")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    make_client(server.url()).ask(QUESTION)

    assert "canary-of-env" not in repr(server.requests)


def test_the_row_tells_what_the_call_cost(asked: FaultServer) -> None:
    row = TraceRecord.objects.get()

    assert (row.provider, row.model) == ("openai", "fake-model-2026-11-01")
    assert (row.input_tokens, row.output_tokens) == (321, 21)
    assert row.provider_ms is not None


@pytest.mark.parametrize(
    "usage", [None, {}, {"prompt_tokens": "many", "completion_tokens": -1}, {"prompt_tokens": 1e99}]
)
def test_a_cost_in_another_shape_is_not_known(usage: object, serve: Serve, make_client: MakeClient) -> None:
    server = serve(say_json(completion(answer()) | {"usage": usage, "model": "Call Bob about the stale key"}))

    reply = make_client(server.url()).ask(QUESTION)

    assert (reply.usage.model, reply.usage.input_tokens, reply.usage.output_tokens) == (None, None, None)


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


def test_no_more_connections_are_kept_than_may_be(
    serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "KEPT_CONNECTIONS", 0)
    server = serve(say_json(completion(answer())))
    client = make_client(server.url())

    client.ask(QUESTION)
    client.ask(QUESTION)

    assert (server.connections, connections_left(server)) == (2, 0)


def test_a_connection_is_kept_for_a_while(
    serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "KEPT_SECONDS", 0.05)
    server = serve(say_json(completion(answer())))
    client = make_client(server.url())

    client.ask(QUESTION)
    sleep(0.1)
    client.ask(QUESTION)

    assert (server.connections, connections_left(server)) == (2, 1)


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
def test_what_comes_before_an_answer_is_not_taken_for_it(status: int, serve: Serve, make_client: MakeClient) -> None:
    early = f"HTTP/1.1 {status} Early\r\n\r\n".encode()
    behaviours = iter([pause_after(early, say_json(completion(text))) for text in ("the first", "the second")])

    def behave(connection: socket.socket) -> object:
        return next(behaviours)(connection)

    client = make_client(serve(behave).url())

    assert [client.ask(QUESTION).answer for _ in range(2)] == ["the first", "the second"]


def test_what_follows_an_answer_is_not_taken_for_the_next_one(serve: Serve, make_client: MakeClient) -> None:
    meant, more = (http(200, json.dumps(completion(text)).encode()) for text in ("meant", "for somebody else"))
    client = make_client(serve(say(meant + more)).url())

    assert [client.ask(QUESTION).answer for _ in range(3)] == ["meant"] * 3


@pytest.fixture
def shared(settings: Settings, serve: Serve) -> Iterator[FaultServer]:
    """A server that the settings name, in a process whose client is not built yet."""
    server = serve(say_json(completion(answer())))
    settings.ALLOW_MODEL_CALLS = True
    settings.DECISION_PROVIDER = "openai"
    settings.OPENAI_BASE_URL = server.url()
    settings.OPENAI_API_KEY = KEY
    settings.OPENAI_MODEL = "fake-model"
    client_module._build.cache_clear()
    yield server
    client_module._build().close()
    client_module._build.cache_clear()


def test_the_settings_choose_server_model_and_key(shared: FaultServer, decide: Decide, credential: Credential) -> None:
    response = decide()

    assert response.json()["decision"] == "eligible"
    assert shared.requests[0].json["model"] == "fake-model"
    assert shared.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_process_has_one_client(shared: FaultServer) -> None:
    with ThreadPoolExecutor(8) as threads:
        clients = set(threads.map(lambda _: shared_client(), range(8)))

    assert len(clients) == 1


def test_no_test_asks_a_real_model() -> None:
    with pytest.raises(ModelCallsForbidden):
        shared_client()
