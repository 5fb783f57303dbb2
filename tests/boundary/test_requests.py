"""What the chat wire sends, and what the row keeps about the call."""

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


def test_the_request_has_the_known_fields_only_and_a_strict_schema(asked: FaultServer) -> None:
    body = asked.requests[0].json
    wanted = body["response_format"]
    schema = wanted["json_schema"]["schema"]

    assert set(body) == {"model", "messages", "response_format", "max_completion_tokens", "store", "stream"}
    assert isinstance(body["max_completion_tokens"], int)
    assert (body["store"], body["stream"]) == (False, False)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert (wanted["type"], wanted["json_schema"]["strict"]) == ("json_schema", True)
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(schema["properties"])


def test_the_report_is_in_the_user_part_and_the_key_in_its_header_only(asked: FaultServer) -> None:
    request = asked.requests[0]
    _, user = request.json["messages"]

    assert REPORT in user["content"]
    assert request.body.decode().count(REPORT) == 1
    assert request.headers.pop("authorization") == f"Bearer {KEY}"
    assert KEY not in request.line + repr(request.headers) + request.body.decode()


def test_the_headers_reveal_nothing_of_this_machine(asked: FaultServer) -> None:
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


def test_the_row_has_what_the_call_cost(asked: FaultServer) -> None:
    row = TraceRecord.objects.get()

    assert (row.provider, row.model) == ("openai", "fake-model-2026-11-01")
    assert (row.input_tokens, row.output_tokens) == (321, 21)
    assert row.provider_ms is not None


def test_a_cost_in_another_shape_is_unknown(serve: Serve, make_client: MakeClient) -> None:
    for usage in (
        None,
        {},
        [{"prompt_tokens": 1}],
        "321",
        7,
        {"prompt_tokens": "many", "completion_tokens": -1},
        {"prompt_tokens": 1e99},
    ):
        server = serve(say_json(completion(answer()) | {"usage": usage, "model": "Call Bob about the stale key"}))
        cost = make_client(server.url()).ask(QUESTION).usage
        assert (cost.model, cost.input_tokens, cost.output_tokens) == (None, None, None), usage
