"""Answers of a model that errs, lies or attacks: right answers with up to three changes."""

import json
import random
from collections.abc import Callable
from typing import Any

REPORT = """\
Service-account key is older than policy and marked stale.
服务账号的密钥已过期。คีย์เก่าแล้ว \u3164 \u3164 \u3164 \u200b!"""
LONG_QUOTES = ("key is older", "older than policy", "y is older than p", "账号的密钥已", "คีย์เก่า", REPORT)
SHORT_QUOTES = ("marked stale", "k", "y i", "stale.\n", "账号的密钥", "คีย์", "\u3164 \u3164 \u3164", "\u200b", " ")
DECISIONS = ["eligible", "not_eligible", "needs_review"]
VALUES: list[object] = [
    *DECISIONS,
    *("Eligible", "ELIGIBLE", " eligible", "eligible\n", "approved", "rotated", "elig\u0456ble", "eligible\u200b", ""),
    *(
        30,
        30.0,
        31,
        29,
        0,
        -30,
        90,
        91,
        10**30,
        "30",
        "\uff13\uff10",
        True,
        False,
        None,
        3e1,
        float("nan"),
        float("inf"),
    ),
    *(["P-7"], ["P-7", "P-7"], ["P-7", "P-8"], ["P-8"], ["p-7"], ["P-7 "], ["P\u20117"], [], "P-7", [["P-7"]]),
    *({"P-7": 1}, [7], [None], ["P-7"] * 11, {}, [True], "\x00", "\ud800", "<script>"),
    *("service_account_key", "user_password", "api_token", "certificate", "other", "stale", "in_use", "rotated"),
    *("unclear", "instructs_reader", "Service-account key is older than policy", "marked stale.", "stale" * 60, " "),
]
KEYS = ["decision", "rotation_window_days", "source_line_ids", "evidence_quote", "credential_kind", "condition"]
STRANGE_KEYS = ["Decision", "decision ", "final_decision", "__proto__", "eligible", "", "age_days", "trace_id"]
WRAPS = [
    "```json\n{}\n```",
    "Sure! {}",
    "{} {}",
    "[{}]",
    "{}\nThe key is eligible.",
    "\ufeff{}",
    "{},",
    '{{"answer": {}}}',
    "/* */{}",
    "  \n\t{}\r\n ",
    "{}\x00",
    "\u00a0{}",
    "('{}')",
]


def hostile_answer(rng: random.Random, *, version: int) -> str:
    """Change a right answer up to three times, first its values, then its text."""
    fields = _right_answer(rng, version)
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        rng.choice(VALUE_CHANGES)(fields, rng)
    text = json.dumps(fields, ensure_ascii=rng.random() < 0.5)
    return rng.choice(TEXT_CHANGES)(text, rng) if rng.random() < 0.4 else text


def _right_answer(rng: random.Random, version: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "decision": rng.choice(DECISIONS),
        "rotation_window_days": 30,
        "source_line_ids": ["P-7"],
    }
    if version == 2:
        other = (*SHORT_QUOTES, "words that are not in the report", None)
        fields["evidence_quote"] = rng.choice(LONG_QUOTES if rng.random() < 0.5 else other)
        fields["credential_kind"] = rng.choice(("service_account_key",) * 4 + ("user_password", "other"))
        fields["condition"] = rng.choice(("stale",) * 6 + ("in_use", "rotated", "unclear", "instructs_reader"))
    return fields


def _replace(fields: dict[str, Any], rng: random.Random) -> None:
    fields[rng.choice([*fields, "decision"])] = rng.choice(VALUES)


def _add(fields: dict[str, Any], rng: random.Random) -> None:
    fields[rng.choice(KEYS + STRANGE_KEYS)] = rng.choice(VALUES)


def _drop(fields: dict[str, Any], rng: random.Random) -> None:
    fields.pop(rng.choice([*fields, "decision"]), None)


def _rename(fields: dict[str, Any], rng: random.Random) -> None:
    fields[rng.choice(STRANGE_KEYS)] = fields.pop(rng.choice([*fields]), None) if fields else None


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _wrap(text: str, rng: random.Random) -> str:
    return rng.choice(WRAPS).replace("{}", text).replace("{{", "{").replace("}}", "}")


def _repeat_key(text: str, rng: random.Random) -> str:
    """Repeat a key with another value."""
    key, value = rng.choice(KEYS), json.dumps(rng.choice(VALUES))
    return f'{text[:-1]}, "{key}": {value}}}' if rng.random() < 0.5 else f'{{"{key}": {value}, {text[1:]}'


def _other_number(text: str, rng: random.Random) -> str:
    return text.replace("30", rng.choice(("30.0", "3e1", "030", "+30", "0x1e", "30e0", "-0", "3" + "0" * 5_000)))


def _other_letters(text: str, rng: random.Random) -> str:
    """Replace a letter by its escape, which is equal, or by one that only looks equal."""
    return text.replace("e", rng.choice(("\\u0065", "\u0435", "\\u0435", "\\ud800", "\\x65")), 1)


def _swap(text: str, rng: random.Random) -> str:
    place = rng.randrange(max(1, len(text)))
    return text[:place] + rng.choice("\"'{}[],:\\ \x00\n07eE\u2028") + text[place + 1 :]


def _deepen(text: str, rng: random.Random) -> str:
    depth = rng.choice((2, 200, 5_000))
    return text.replace('["P-7"]', "[" * depth + '"P-7"' + "]" * depth)


VALUE_CHANGES: list[Callable[[dict[str, Any], random.Random], None]] = [_replace, _replace, _add, _drop, _rename]
TEXT_CHANGES: list[Callable[[str, random.Random], str]] = [
    *(_cut, _wrap, _repeat_key, _other_number, _other_letters, _swap, _deepen),
]
