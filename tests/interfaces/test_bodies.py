"""Bad bodies: refused in one shape, without a call, without a row, and without repeating what was sent."""

import json
from collections.abc import Iterator

import pytest

from rotation.models import Credential
from tests.conftest import REPORT, Decide, report
from tests.fakes import FakeProvider
from tests.interfaces.conftest import CANARY, faults, problem
from traces.models import TraceRecord

ACCOUNT, TEXT = '"account_id": "acct_10234"', f'"credential_report": "{REPORT}"'

ACCOUNTS = {
    "Arabic-Indic digits": "acct_\u0669\u0668\u0667\u0666\u0665",
    "full-width digits": "acct_\uff19\uff18\uff17\uff16\uff15",
    "trailing newline": "acct_98765\n",
    "leading newline": "\nacct_98765",
    "upper case": "ACCT_98765",
    "four digits": "acct_9876",
    "six digits": "acct_987650",
    "spaces around": " acct_98765 ",
    "space within": "acct_9876 5",
    "NUL": "acct_98765\0",
    "empty": "",
    "words": CANARY,
}
NOT_TEXT: dict[str, object] = {
    "list": [CANARY],
    "dict": {CANARY: CANARY},
    "int": 9_876_543_210,
    "float": 98765.25,
    "bool": True,
}
REPORTS = {
    "9 characters": ("x" * 9, "too_short"),
    "9 between spaces": (f"   {'x' * 9}\r\n", "too_short"),
    "empty": ("", "too_short"),
    "blank": (" \t\r\n" * 10, "too_short"),
    "blanks in the middle": (f"x{' ' * 20}x", "too_short"),
    "zero-width spaces": ("\u200b" * 12, "too_short"),
    "empty letters": ("\u3164 " * 12, "too_short"),
    "9 characters and marks of direction": ("\u2066" + "x" * 9 + "\u2069", "too_short"),
    "501 characters": (CANARY + "x" * (501 - len(CANARY)), "too_long"),
    "5,000 characters": (CANARY * 500, "too_long"),
    "NUL": (f"{CANARY}\0{CANARY}", "nul_character"),
}
ITEMS = {
    "2 characters": ("zq", "too_short"),
    "2 between spaces": ("  zq  ", "too_short"),
    "2 and zero-width spaces": ("z\u200bq\u200b", "too_short"),
    "empty": ("", "too_short"),
    "81 characters": (CANARY + "x" * (81 - len(CANARY)), "too_long"),
    "NUL": (f"{CANARY}\0", "nul_character"),
}
FIELDS = ("account_id", "credential_report", "item")
FIELD_ROWS: list[tuple[str, str, object, str]] = [
    *(("account_id", name, value, "account_id_shape") for name, value in ACCOUNTS.items()),
    *(("credential_report", name, *row) for name, row in REPORTS.items()),
    *(("item", name, *row) for name, row in ITEMS.items()),
    *((field, name, value, "string_type") for field in FIELDS for name, value in NOT_TEXT.items()),
    *((field, "null", None, "string_type") for field in FIELDS[:2]),
]
INVALID_JSON: dict[str, str | bytes] = {
    "white space": "  \n",
    "words": CANARY,
    "truncated": f'{{{ACCOUNT}, "credential_report": "{CANARY}',
    "text behind": f"{{{ACCOUNT}, {TEXT}}} {CANARY}",
    "two documents": f"{{{ACCOUNT}, {TEXT}}}" * 2,
    "5,000 digits": f'{{{ACCOUNT}, {TEXT}, "item": {"9" * 5000}}}',
    "5,000 digits alone": "9" * 5000,
    "8,000 brackets": "[" * 8000,
    "8,000 brackets in a field": f'{{{ACCOUNT}, "credential_report": {"[" * 7000}',
    "8,000 objects": '{"a":' * 3000,
    "lone surrogate": f'{{{ACCOUNT}, "credential_report": "{CANARY} \\ud800"}}',
    "lone low surrogate": f'{{{ACCOUNT}, "credential_report": "{CANARY} \\udc00 x"}}',
    "surrogate in a key": f'{{{ACCOUNT}, {TEXT}, "\\ud800": 1}}',
    "raw control character": f'{{{ACCOUNT}, "credential_report": "{CANARY}\n"}}',
    "invalid UTF-8": b'{"account_id": "\xff\xfe", "credential_report": "0123456789"}',
    "surrogate in UTF-8": f'{{{ACCOUNT}, "item": "'.encode() + b'\xed\xa0\x80 x"}',
    "BOM": b"\xef\xbb\xbf" + json.dumps(report()).encode(),
    "UTF-16": json.dumps(report()).encode("utf-16"),
    "UTF-32": json.dumps(report()).encode("utf-32-le"),
    "single quotes": str(report()),
    "trailing comma": f"{{{ACCOUNT}, {TEXT},}}",
}
BAD_BODIES: dict[str, tuple[object, list[tuple[str, str]]]] = {
    **{f"{field}: {name}": (report() | {field: value}, [(field, code)]) for field, name, value, code in FIELD_ROWS},
    **{name: (body, [("body", "json_invalid")]) for name, body in INVALID_JSON.items()},
    "scalar": (f'"{CANARY}"', [("body", "model_type")]),
    "number": ("98765", [("body", "model_type")]),
    "null": ("null", [("body", "model_type")]),
    "array": (f'["{CANARY}"]', [("body", "model_type")]),
    "nothing in it": ("{}", [("account_id", "missing"), ("credential_report", "missing")]),
    "no account": (f"{{{TEXT}}}", [("account_id", "missing")]),
    "no report": (f"{{{ACCOUNT}}}", [("credential_report", "missing")]),
    "two wrong fields": (
        report("wrong", "stale key"),
        [("account_id", "account_id_shape"), ("credential_report", "too_short")],
    ),
    "unknown key": (f'{{{ACCOUNT}, {TEXT}, "{CANARY}": "{CANARY}"}}', [("body", "unknown_field")]),
    "unknown empty key": (f'{{{ACCOUNT}, {TEXT}, "": 1}}', [("body", "unknown_field")]),
    "duplicate key": (f'{{{ACCOUNT}, {ACCOUNT}, "credential_report": "{CANARY} x"}}', [("body", "duplicate_key")]),
    "duplicate unknown key": (f'{{{ACCOUNT}, {TEXT}, "{CANARY}": 1, "{CANARY}": 2}}', [("body", "unknown_field")]),
    "NaN": (f'{{"account_id": NaN, {TEXT}}}', [("account_id", "string_type")]),
    "Infinity": (f'{{{ACCOUNT}, "credential_report": -Infinity}}', [("credential_report", "string_type")]),
}
# Parts of what is sent, none of which may come back.
MARKS = (CANARY, REPORT, "9876", "\u0669\u0668", "\uff19\uff18", "xxx", "zq")


@pytest.fixture(autouse=True)
def untouched(credential: Credential, provider: FakeProvider) -> Iterator[None]:
    """Have a record and a provider ready, and expect that the refusal keeps them from being used."""
    yield
    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_a_bad_body_is_refused_and_not_repeated(decide: Decide, subtests: pytest.Subtests) -> None:
    for name, (body, expected) in BAD_BODIES.items():
        with subtests.test(name):
            response = decide(body)
            assert set(faults(response)) == set(expected)
            assert not [mark for mark in MARKS if mark in f"{response.text} {response.json()}"]


def test_an_empty_body_is_refused(decide: Decide) -> None:
    assert faults(decide("", **{"Content-Type": "application/json"})) == [("body", "json_invalid")]


def test_the_message_names_the_bound_or_the_known_fields(decide: Decide) -> None:
    bodies = report(text="x" * 9), report(text="x" * 501), report() | {CANARY: "1"}

    assert [error["message"] for body in bodies for error in decide(body).json()["errors"]] == [
        "Write at least 10 characters.",
        "Write at most 500 characters.",
        "Only these fields are known: account_id, credential_report, item.",
    ]


def test_a_body_over_16_kib_is_refused(decide: Decide, subtests: pytest.Subtests) -> None:
    bodies = {
        "100,000 brackets": "[" * 100_000,
        "one byte too many": json.dumps(report()).ljust(16 * 1024 + 1),
        "long report": json.dumps(report(text=CANARY * 2000)),
    }
    for name, body in bodies.items():
        with subtests.test(name):
            response = decide(body)
            assert problem(response, 413)["type"] == "urn:problem-type:body-too-large"
            assert CANARY not in response.text
