"""What the Responses wire sends, and its envelopes without an answer."""

import pytest

from boundary.failures import ProviderError, ProviderRefused
from boundary.responses import RESPONSES
from rotation.models import Credential
from tests.boundary.conftest import KEY, QUESTION, MakeClient, Serve, UseClient, failure_of
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


def test_the_request_has_the_known_fields_the_report_once_and_no_key(asked: FaultServer) -> None:
    request = asked.requests[0]
    (user,) = request.json["input"]

    assert request.line.startswith("POST /v1/responses ")
    assert set(request.json) == {"model", "instructions", "input", "text", "max_output_tokens", "store", "stream"}
    assert isinstance(request.json["max_output_tokens"], int)
    assert (request.json["store"], request.json["stream"]) == (False, False)
    assert request.json["text"]["format"]["strict"] is True
    assert user["role"] == "user"
    assert REPORT in user["content"]
    assert request.body.decode().count(REPORT) == 1
    assert KEY not in request.body.decode()


def test_the_row_has_what_the_call_cost(asked: FaultServer) -> None:
    row = TraceRecord.objects.get()

    assert (row.model, row.input_tokens, row.output_tokens) == ("fake-model-2026-11-01", 321, 21)


def test_an_answer_in_parts_is_joined(serve: Serve, make_client: MakeClient) -> None:
    server = serve(say_json(response(message(text("{"), text("}")))))

    assert make_client(server.url(), wire=RESPONSES).ask(QUESTION).answer == "{}"


NO_ANSWER: dict[str, object] = {
    "cut short": response(message(text("{")), status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
    "failed": response(status="failed", error={"code": "server_error"}),
    "no output": response(),
    "reasoning alone": response({"type": "reasoning", "content": [text("{}")]}),
    "empty text": response(message(text(""))),
    "output null": response(message(text("{}")), output=None),
    "status null": response(message(text("{}")), status=None),
    "array": [],
}
REFUSALS = {
    "refusal": response(message({"type": "refusal", "refusal": "canary"})),
    "content filter": response(status="incomplete", incomplete_details={"reason": "content_filter"}),
}


def test_an_envelope_without_an_answer_is_an_error_or_a_refusal(
    serve: Serve, make_client: MakeClient, subtests: pytest.Subtests
) -> None:
    for name, document in (NO_ANSWER | REFUSALS).items():
        with subtests.test(name):
            client = make_client(serve(say_json(document)).url(), wire=RESPONSES)
            assert failure_of(client) is (ProviderRefused if name in REFUSALS else ProviderError)
