"""The Responses wire: what is sent, and every way an envelope of it can hold no answer."""

import pytest

from boundary.client import ModelClient
from boundary.failures import ProviderError, ProviderFailure, ProviderRefused
from boundary.responses import RESPONSES
from rotation.models import Credential
from tests.boundary.conftest import KEY, QUESTION, MakeClient, Serve, UseClient
from tests.boundary.fault_server import FaultServer, say_json
from tests.conftest import REPORT, Decide
from tests.fakes import answer
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database


def message(*parts: dict[str, object]) -> dict[str, object]:
    return {"type": "message", "role": "assistant", "content": list(parts)}


def text(said: str) -> dict[str, object]:
    return {"type": "output_text", "text": said, "annotations": []}


def response(*output: object, **changes: object) -> dict[str, object]:
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": "fake-model-2026-11-01",
        "output": list(output),
        "usage": {"input_tokens": 321, "output_tokens": 21},
    } | changes


@pytest.fixture
def asked(
    serve: Serve, make_client: MakeClient, use_client: UseClient, decide: Decide, credential: Credential
) -> FaultServer:
    """A server that was asked for one decision and supported it, after some reasoning."""
    server = serve(say_json(response({"type": "reasoning", "summary": []}, message(text(answer())))))
    use_client(make_client(server.url(), wire=RESPONSES))
    assert decide().json()["decision"] == "eligible"
    return server


def test_the_request_holds_the_known_fields_alone(asked: FaultServer) -> None:
    request = asked.requests[0]

    assert request.line.startswith("POST /v1/responses ")
    assert {name: type(value) for name, value in request.json.items()} == {
        "model": str,
        "instructions": str,
        "input": list,
        "text": dict,
        "max_output_tokens": int,
        "store": bool,
    }
    assert request.json["store"] is False
    assert request.json["text"]["format"]["strict"] is True


def test_the_report_is_in_the_user_part_alone_and_the_key_in_its_header(asked: FaultServer) -> None:
    request = asked.requests[0]
    (user,) = request.json["input"]

    assert user["role"] == "user"
    assert REPORT in user["content"]
    assert request.body.decode().count(REPORT) == 1
    assert KEY not in request.body.decode()


def test_the_row_tells_what_the_call_cost(asked: FaultServer) -> None:
    row = TraceRecord.objects.get()

    assert (row.model, row.input_tokens, row.output_tokens) == ("fake-model-2026-11-01", 321, 21)


def ask(client: ModelClient) -> str:
    return client.ask(QUESTION).answer


def test_an_answer_in_parts_is_joined(serve: Serve, make_client: MakeClient) -> None:
    server = serve(say_json(response(message(text("{"), text("}")))))

    assert ask(make_client(server.url(), wire=RESPONSES)) == "{}"


@pytest.mark.parametrize(
    ("document", "failure"),
    [
        pytest.param(response(message({"type": "refusal", "refusal": "canary"})), ProviderRefused, id="refusal"),
        pytest.param(
            response(status="incomplete", incomplete_details={"reason": "content_filter"}),
            ProviderRefused,
            id="content filter",
        ),
        pytest.param(
            response(message(text("{")), status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            ProviderError,
            id="cut short",
        ),
        pytest.param(response(status="failed", error={"code": "server_error"}), ProviderError, id="failed"),
        pytest.param(response(), ProviderError, id="no output"),
        pytest.param(response({"type": "reasoning", "content": [text("{}")]}), ProviderError, id="reasoning alone"),
        pytest.param(response(message(text(""))), ProviderError, id="empty text"),
        pytest.param(response(message(text("{}")), output=None), ProviderError, id="output null"),
        pytest.param(response(message(text("{}")), status=None), ProviderError, id="status null"),
        pytest.param([], ProviderError, id="array"),
    ],
)
def test_an_envelope_without_an_answer_is_named(
    document: object, failure: type[ProviderFailure], serve: Serve, make_client: MakeClient
) -> None:
    client = make_client(serve(say_json(document)).url(), wire=RESPONSES)

    with pytest.raises(failure):
        ask(client)
