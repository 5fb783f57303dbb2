"""What goes over the wire, and what is learned from the answer beside the answer itself."""

import json

import pytest

from rotation.models import Credential
from tests.boundary.conftest import KEY, QUESTION, MakeClient, Serve, UseClient
from tests.boundary.fault_server import FaultServer, completion, say_json
from tests.conftest import REPORT, Decide
from tests.fakes import answer
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database


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
