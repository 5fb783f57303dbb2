"""The allow-list: what may be written, and that nothing is written around it."""

from typing import Any

import pytest
from django.db import models
from pydantic import ValidationError

from tests.ledger.rows import LATER, OPENING, USAGE, open_row, stored
from traces.codes import ErrorCode
from traces.entries import Completed, Entry, Failed, Opening, Usage
from traces.failures import NamedFailure
from traces.models import TraceRecord

WORDS = "Service-account key is stale, call Bob. "
ENTRIES = (Opening, Usage, Completed, Failed)
FULL: dict[type[Entry], dict[str, Any]] = {
    Opening: OPENING
    | {"submission_key": "key-of-a-submission", "retry_of": "trace_" + "0" * 26, "facts": {"kind": "api_token"}},
    Usage: dict(USAGE),
    Completed: {
        "decision": "eligible",
        "policy_line_ids": ("P-7",),
        "answer": {"decision": "eligible"},
        "usage": USAGE,
        "status": "completed",
    },
    Failed: {
        "error_code": ErrorCode.INVALID_DECISION,
        "error_reason": "window_conflict",
        "answer": {"decision": "eligible"},
        "usage": USAGE,
        "status": "failed",
    },
}
# The label is copied from our own credential record, never from a request: it alone may be free text.
OURS = {"credential_label"}
# What the ledger's own methods write: a random id and readings of a clock.
MEASURED = {"trace_id", "started_at", "finished_at", "latency_ms"}

FIELDS = [(entry, field) for entry in ENTRIES for field in entry.model_fields if field not in OURS]
NEAR_MISSES: dict[str, tuple[type[Entry], str, object]] = {
    "facts with text beside the label": (Opening, "facts", {"label": "ours", "note": WORDS}),
    "facts within facts": (Opening, "facts", {"kind": {"text": WORDS}}),
    "an answer with a label": (Completed, "answer", {"label": WORDS}),
    "an answer with a fraction": (Failed, "answer", {"window": 30.5}),
    "an answer under a name of its own": (Completed, "answer", {"Call Bob": True}),
    "eleven lines": (Completed, "policy_line_ids", ("P-7",) * 11),
    "completed as failed": (Completed, "status", "failed"),
    "failed as completed": (Failed, "status", "completed"),
    "a code by its spelling": (Failed, "error_code", "provider_timeout"),
    "negative count": (Usage, "input_tokens", -1),
    "count beyond the column": (Usage, "provider_ms", 2_000_000_001),
    "count with a fraction": (Usage, "output_tokens", 1.0),
    "count that is true": (Usage, "output_tokens", True),
    "account in other digits": (Opening, "account_id", "acct_1023\N{FULLWIDTH DIGIT FOUR}"),
    "browser without its random": (Opening, "submitter", "browser:short"),
    "a source by its spelling": (Opening, "source", "web"),
}


def refusal_of(entry: type[Entry], field: str, value: object) -> ValidationError | None:
    """Set one field of a right entry to this value and return the refusal, if there is one."""
    try:
        entry.model_validate(FULL[entry] | {field: value})
    except ValidationError as refusal:
        return refusal
    return None


def refused_fields(entry: type[Entry], field: str, value: object) -> set[str | int]:
    refusal = refusal_of(entry, field, value)
    return {fault["loc"][0] for fault in refusal.errors()} if refusal else set()


def test_the_examples_are_complete_and_accepted() -> None:
    for entry in ENTRIES:
        assert set(FULL[entry]) == set(entry.model_fields), entry.__name__
        assert entry.model_validate(FULL[entry]).model_dump().keys() == FULL[entry].keys(), entry.__name__


def test_no_field_takes_free_text() -> None:
    """And no refusal repeats it."""
    for entry, field in FIELDS:
        for words in (WORDS, (WORDS,), {"text": WORDS}):
            refusal = refusal_of(entry, field, words)
            assert refused_fields(entry, field, words) == {field}, f"{entry.__name__}.{field}: {words!r}"
            assert "Bob" not in f"{refusal} {refusal!r}", f"{entry.__name__}.{field}: {words!r}"


def test_a_right_value_with_something_after_it_is_refused() -> None:
    for entry, field in FIELDS:
        right = FULL[entry][field]
        for more in ("\n", " ", "\x00", "\N{FULLWIDTH DIGIT ONE}", "é"):
            assert refused_fields(entry, field, longer(right, more)) == {field}, f"{entry.__name__}.{field}: {more!r}"


def longer(right: object, more: str) -> object:
    if isinstance(right, tuple):
        return (f"{right[0]}{more}",)
    return {key: f"{value}{more}" for key, value in right.items()} if isinstance(right, dict) else f"{right}{more}"


def test_the_label_of_our_own_record_may_be_free_text_of_80_characters() -> None:
    for label, is_refused in (("ö" * 80, False), ("ö" * 81, True)):
        assert bool(refused_fields(Opening, "credential_label", label)) == is_refused
        assert bool(refused_fields(Opening, "facts", {"label": label})) == is_refused


def test_unknown_columns_are_refused() -> None:
    refused = [refused_fields(entry, "credential_report", WORDS) for entry in ENTRIES]

    assert refused == [{"credential_report"}] * len(ENTRIES)


def test_an_entry_does_not_change() -> None:
    for entry in ENTRIES:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(entry.model_validate(FULL[entry]), next(iter(FULL[entry])), WORDS)


def test_a_named_failure_carries_what_the_call_cost_and_no_text() -> None:
    class ProviderFellOver(NamedFailure):
        code = ErrorCode.PROVIDER_ERROR

    failure = ProviderFellOver(usage=USAGE)

    assert (str(failure), failure.args, failure.usage) == ("", (), USAGE)
    assert ProviderFellOver().usage == Usage()


def test_near_misses_are_refused() -> None:
    refused = {name: refused_fields(*miss) for name, miss in NEAR_MISSES.items()}

    assert refused == {name: {field} for name, (_, field, _) in NEAR_MISSES.items()}


def test_every_column_is_in_the_allow_list_or_measured_by_the_ledger() -> None:
    columns = {field.attname for field in TraceRecord._meta.concrete_fields}
    listed = {field for entry in ENTRIES for field in entry.model_fields} - {"usage"}

    assert columns == listed | MEASURED
    assert not listed & MEASURED


def test_no_column_is_of_a_kind_that_holds_long_text() -> None:
    closed = {"policy_line_ids", "facts", "answer"}
    held = {type(field) for field in TraceRecord._meta.concrete_fields if field.attname not in closed}

    numbers = {models.IntegerField, models.PositiveIntegerField, models.PositiveSmallIntegerField}
    assert held == {models.CharField, models.DateTimeField, *numbers}
    assert all((field.max_length or 0) <= 200 for field in TraceRecord._meta.concrete_fields)


@pytest.mark.django_db
def test_the_longest_values_fit_their_columns() -> None:
    slug, version = "s" * 40, f"{'v' * 40}@9999"
    longest: dict[str, Any] = {
        **dict.fromkeys(("workflow", "provider", "credential_kind", "credential_state"), slug),
        **dict.fromkeys(("prompt_version", "policy_version"), version),
        "submitter": f"browser:{'b' * 22}",
        "submission_key": "k" * 64,
        "fingerprint_key_id": "i" * 32,
        "model": "m" * 100,
        "release": "r" * 64,
        "credential_label": "ö" * 80,
        "retry_of": f"trace_{'0' * 26}",
    }
    usage = Usage(model="n" * 100, provider_ms=2_000_000_000, input_tokens=2_000_000_000, output_tokens=2_000_000_000)
    trace = open_row(**longest)

    trace.close(Completed(decision=slug, policy_line_ids=("P-999",) * 10, usage=usage), at=LATER)

    assert stored(trace).items() >= (longest | dict(usage)).items()
