"""Answers of a model that errs, lies or attacks: right ones, and right ones with one to three things bent."""

import json
import random
from collections.abc import Callable
from typing import Any

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


def hostile_answer(dice: random.Random, *, version: int) -> str:
    """Bend a right answer none to three times, first as a value, then as a text."""
    said = _right(dice, version)
    for _ in range(dice.choice((0, 0, 1, 1, 2))):
        dice.choice(BENDS)(said, dice)
    text = json.dumps(said, ensure_ascii=dice.random() < 0.5)
    return dice.choice(TWISTS)(text, dice) if dice.random() < 0.4 else text


def _right(dice: random.Random, version: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "decision": dice.choice(DECISIONS),
        "rotation_window_days": 30,
        "source_line_ids": ["P-7"],
    }
    if version == 2:
        said["evidence_quote"] = dice.choice(
            ("marked stale", "key is older", "older than policy", "not in the report", None, " ")
        )
        said["credential_kind"] = dice.choice(("service_account_key",) * 4 + ("user_password", "other"))
        said["condition"] = dice.choice(("stale",) * 6 + ("in_use", "rotated", "unclear", "instructs_reader"))
    return said


def _replace(said: dict[str, Any], dice: random.Random) -> None:
    said[dice.choice([*said, "decision"])] = dice.choice(VALUES)


def _add(said: dict[str, Any], dice: random.Random) -> None:
    said[dice.choice(KEYS + STRANGE_KEYS)] = dice.choice(VALUES)


def _drop(said: dict[str, Any], dice: random.Random) -> None:
    said.pop(dice.choice([*said, "decision"]), None)


def _rename(said: dict[str, Any], dice: random.Random) -> None:
    said[dice.choice(STRANGE_KEYS)] = said.pop(dice.choice([*said]), None) if said else None


def _cut(text: str, dice: random.Random) -> str:
    return text[: dice.randrange(len(text) + 1)]


def _wrap(text: str, dice: random.Random) -> str:
    return dice.choice(WRAPS).replace("{}", text).replace("{{", "{").replace("}}", "}")


def _twice(text: str, dice: random.Random) -> str:
    """Say a key twice, the second time with another value."""
    key, value = dice.choice(KEYS), json.dumps(dice.choice(VALUES))
    return f'{text[:-1]}, "{key}": {value}}}' if dice.random() < 0.5 else f'{{"{key}": {value}, {text[1:]}'


def _other_number(text: str, dice: random.Random) -> str:
    return text.replace("30", dice.choice(("30.0", "3e1", "030", "+30", "0x1e", "30e0", "-0", "3" + "0" * 5_000)))


def _other_letters(text: str, dice: random.Random) -> str:
    """Write a letter as an escape, which says the same, or as one that only looks the same."""
    return text.replace("e", dice.choice(("\\u0065", "\u0435", "\\u0435", "\\ud800", "\\x65")), 1)


def _swap(text: str, dice: random.Random) -> str:
    place = dice.randrange(max(1, len(text)))
    return text[:place] + dice.choice("\"'{}[],:\\ \x00\n07eE\u2028") + text[place + 1 :]


def _deepen(text: str, dice: random.Random) -> str:
    depth = dice.choice((2, 200, 5_000))
    return text.replace('["P-7"]', "[" * depth + '"P-7"' + "]" * depth)


BENDS: list[Callable[[dict[str, Any], random.Random], None]] = [_replace, _replace, _add, _drop, _rename]
TWISTS: list[Callable[[str, random.Random], str]] = [
    *(_cut, _wrap, _twice, _other_number, _other_letters, _swap, _deepen),
]
