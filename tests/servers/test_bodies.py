"""
What is sent, for every profile under every setting: a list of rules, each about one part of the body.

No rule builds a body; each looks at one and says what is wrong with it.
"""

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple

import pytest

from boundary.chat import CHAT
from boundary.exchange import Question
from boundary.responses import RESPONSES
from boundary.servers import SERVERS, chosen_server

pytestmark = pytest.mark.any_database

Body = dict[str, Any]
QUESTION = Question(
    system="SYSTEM-PART",
    user="<report>\nUSER-PART\n</report>",
    schema_name="answer",
    schema={"type": "object", "properties": {"SCHEMA-PART": {"type": "string"}}},
)
# What a profile's own values are, as an operator reads them in docs/providers.md.
LONG_LIMIT_NAME = {"openai", "azure", "groq"}
WITHOUT_SCHEMAS = {"deepseek": "json_object", "groq": "json_object", "generic": "prompt"}


class Asked(NamedTuple):
    """A profile and the single settings; None leaves the profile's own value."""

    profile: str
    wire: str
    answer_format: str | None
    limit_field: str | None
    store: str | None
    system_role: str | None
    reasoning_effort: str | None
    temperature: float | None

    @property
    def body(self) -> Body:
        server = chosen_server(self.profile, {name: value for name, value in self._asdict().items() if name in SET})
        wire = CHAT if self.wire == "chat" else RESPONSES
        body: Body = json.loads(json.dumps(wire.request_body(QUESTION, "a-model", 400, server)))
        return body

    @property
    def is_chat(self) -> bool:
        return self.wire == "chat"

    @property
    def shape(self) -> str:
        return self.answer_format or WITHOUT_SCHEMAS.get(self.profile, "json_schema")


SET = Asked._fields[2:]


def everything() -> Iterator[Asked]:
    yield from map(
        Asked._make,
        product(
            SERVERS,
            ("chat", "responses"),
            (None, "json_schema", "json_object", "prompt"),
            (None, "max_tokens", "max_completion_tokens"),
            (None, "false", "omit"),
            (None, "system", "developer", "user"),
            (None, "high"),
            (None, 0.0),
        ),
    )


def texts(body: Body) -> list[tuple[str, str]]:
    """Return who says what to the model, in order."""
    said = [("instructions", body["instructions"])] if "instructions" in body else []
    return said + [(each["role"], each["content"]) for each in body.get("messages", []) + body.get("input", [])]


def shape_field(asked: Asked, body: Body) -> Body | None:
    found: Body | None = body.get("response_format") if asked.is_chat else body.get("text", {}).get("format")
    return found


def names_of_limits(body: Body) -> set[str]:
    return {name for name in body if name.startswith("max_")}


def expected_limit(asked: Asked) -> str:
    if not asked.is_chat:
        return "max_output_tokens"
    return asked.limit_field or ("max_completion_tokens" if asked.profile in LONG_LIMIT_NAME else "max_tokens")


def expects_store(asked: Asked) -> bool:
    if asked.store:
        return asked.store == "false"
    return asked.profile == "openai" or not asked.is_chat


def expected_roles(asked: Asked) -> list[str]:
    if asked.system_role == "user":
        return ["user"]
    return [(asked.system_role or "system") if asked.is_chat else "instructions", "user"]


RULES: dict[str, Callable[[Asked, Body], bool]] = {
    "it is never streamed": lambda _, body: body["stream"] is False,
    "the model is named": lambda _, body: body["model"] == "a-model",
    "one limit, under the right name": lambda asked, body: (
        names_of_limits(body) == {expected_limit(asked)} and body[expected_limit(asked)] == 400
    ),
    "store is false or absent": lambda asked, body: (
        body["store"] is False if expects_store(asked) else "store" not in body
    ),
    "who speaks": lambda asked, body: [role for role, _ in texts(body)] == expected_roles(asked),
    "the system part is said once, and first": lambda _, body: (
        str(body).count("SYSTEM-PART") == 1 and texts(body)[0][1].startswith("SYSTEM-PART")
    ),
    "the report is said once, last, and delimited": lambda _, body: (
        str(body).count("USER-PART") == 1 and texts(body)[-1][1].endswith("\n<report>\nUSER-PART\n</report>")
        if len(texts(body)) == 1
        else texts(body)[-1][1] == QUESTION.user
    ),
    "the schema is in one place": lambda _, body: str(body).count("SCHEMA-PART") == 1,
    "the schema is in the words unless the server takes it": lambda asked, body: (
        ("SCHEMA-PART" in texts(body)[0][1]) == (asked.shape != "json_schema")
    ),
    "without a schema the word JSON is said": lambda asked, body: (
        asked.shape == "json_schema" or "JSON" in texts(body)[0][1]
    ),
    "the shape is named as the server names it": lambda asked, body: (
        (shape_field(asked, body) or {}).get("type")
        == (
            None
            if asked.shape == "prompt"
            else "json_object"
            if asked.shape == "json_object" or (asked.profile == "tgi" and asked.is_chat)
            else "json_schema"
        )
    ),
    "a schema is strict": lambda asked, body: (
        asked.shape != "json_schema" or asked.profile == "tgi" or '"strict": true' in json.dumps(body)
    ),
    "no shape is half said": lambda asked, body: asked.shape != "prompt" or not {"text", "response_format"} & set(body),
    "effort is sent if it is set": lambda asked, body: (
        (body.get("reasoning_effort") if asked.is_chat else body.get("reasoning", {}).get("effort"))
        == asked.reasoning_effort
    ),
    "temperature is sent if it is set": lambda asked, body: body.get("temperature") == asked.temperature,
    "nothing is null": lambda _, body: None not in body.values(),
}


def test_every_profile_sends_what_the_rules_say_under_every_setting() -> None:
    broken = {
        rule: asked
        for asked in everything()
        for body in (asked.body,)
        for rule, holds in RULES.items()
        if not holds(asked, body)
    }

    assert broken == {}


def test_the_default_profile_sends_what_it_always_sent() -> None:
    """And `stream`, which is false where it is absent."""
    body = Asked("openai", "chat", *([None] * 6)).body

    schema = {"name": "answer", "strict": True, "schema": QUESTION.schema}
    assert body == {
        "model": "a-model",
        "messages": [{"role": "system", "content": QUESTION.system}, {"role": "user", "content": QUESTION.user}],
        "response_format": {"type": "json_schema", "json_schema": schema},
        "max_completion_tokens": 400,
        "store": False,
        "stream": False,
    }
