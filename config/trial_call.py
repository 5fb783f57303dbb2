"""One harmless question to the configured model, so that an operator reads what its server says."""

from collections.abc import Iterator

from django.conf import settings

from boundary.client import new_client
from boundary.exchange import Question
from boundary.failures import ProviderFailure
from boundary.trouble import CODES

QUESTION = Question(
    system='Answer with the JSON object {"answer": "yes"}.',
    user="Is this a test?",
    schema_name="trial",
    schema={
        "type": "object",
        "properties": {"answer": {"type": "string"}},
        "required": ["answer"],
        "additionalProperties": False,
    },
)


def trial_call() -> tuple[bool, tuple[str, ...]]:
    """Ask once. Return whether there was an answer, and lines for the operator's terminal alone."""
    said: list[bytes] = []
    client = new_client(on_error=said.append)
    try:
        reply = client.ask(QUESTION)
    except ProviderFailure as failure:
        return False, tuple(_lines(failure, b"".join(said)))
    finally:
        client.close()
    usage = reply.usage
    tokens = f"{usage.input_tokens or '?'} tokens in, {usage.output_tokens or '?'} out"
    return True, (
        f"{settings.OPENAI_MODEL} answered in {usage.provider_ms:,} ms, {tokens}.",
        f"It said: {_shown(reply.answer)}",
    )


def _lines(failure: ProviderFailure, said: bytes) -> Iterator[str]:
    usage = failure.usage
    status = f": HTTP {usage.provider_status}, {usage.provider_code or 'no code that we know'}"
    yield f"The call ended in {failure.code}{status if usage.provider_status else ''}."
    if known := CODES.get(usage.provider_code or ""):
        yield known.advice
    if said:
        yield f"The server said: {_shown(said.decode(errors='replace'))}"


def _shown(text: str) -> str:
    """Replace the characters that a terminal would take for commands."""
    return "".join(each if each.isprintable() else " " for each in text)
