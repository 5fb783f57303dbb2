"""The allow-list: what may be written, and that nothing is written around it."""

from typing import Any

import pytest
from django.db import models
from pydantic import ValidationError

from tests.ledger.rows import LATER, OPENING, USAGE, open_row, stored
from traces.codes import ErrorCode
from traces.entries import Completed, Entry, Failed, Opening, Usage
from traces.models import TraceRecord

WORDS = "Service-account key is stale, call Bob. "
ENTRIES = (Opening, Usage, Completed, Failed)
FULL: dict[type[Entry], dict[str, Any]] = {
    Opening: OPENING | {"submission_key": "key-of-a-submission", "retry_of": "trace_" + "0" * 26},
    Usage: dict(USAGE),
    Completed: {"decision": "eligible", "policy_line_ids": ("P-7",), "usage": USAGE, "status": "completed"},
    Failed: {
        "error_code": ErrorCode.INVALID_DECISION,
        "error_reason": "window_conflict",
        "usage": USAGE,
        "status": "failed",
    },
}
# The label is copied from our own credential record, never from a request: it alone may be free text.
OURS = {"credential_label"}
# What the ledger's own methods write: a random id and readings of a clock.
MEASURED = {"trace_id", "started_at", "finished_at", "latency_ms"}

every_field = pytest.mark.parametrize(
    ("entry", "field"),
    [
        pytest.param(entry, field, id=f"{entry.__name__}.{field}")
        for entry in ENTRIES
        for field in entry.model_fields
        if field not in OURS
    ],
)


def refused_fields(entry: type[Entry], values: dict[str, Any]) -> set[str | int]:
    with pytest.raises(ValidationError) as refusal:
        entry.model_validate(values)
    return {fault["loc"][0] for fault in refusal.value.errors()}


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_examples_of_these_tests_are_whole_and_right(entry: type[Entry]) -> None:
    assert set(FULL[entry]) == set(entry.model_fields)
    assert entry.model_validate(FULL[entry]).model_dump().keys() == FULL[entry].keys()


@every_field
@pytest.mark.parametrize("words", [WORDS, (WORDS,), {"text": WORDS}], ids=["text", "list", "object"])
def test_no_field_takes_free_text(entry: type[Entry], field: str, words: object) -> None:
    assert refused_fields(entry, FULL[entry] | {field: words}) == {field}


@every_field
@pytest.mark.parametrize("more", ["\n", " ", "\x00", "\N{FULLWIDTH DIGIT ONE}", "é"], ids=ascii)
def test_no_field_takes_a_right_value_with_something_after_it(entry: type[Entry], field: str, more: str) -> None:
    right = FULL[entry][field]
    longer = (f"{right[0]}{more}",) if isinstance(right, tuple) else f"{right}{more}"

    assert refused_fields(entry, FULL[entry] | {field: longer}) == {field}


def test_the_label_of_our_own_record_may_be_free_text_of_80_characters() -> None:
    right = FULL[Opening] | {"credential_label": "ö" * 80}
    wrong = FULL[Opening] | {"credential_label": "ö" * 81}

    assert Opening.model_validate(right).credential_label == "ö" * 80
    assert refused_fields(Opening, wrong) == {"credential_label"}


@pytest.mark.parametrize("entry", ENTRIES)
def test_unknown_columns_are_refused(entry: type[Entry]) -> None:
    assert refused_fields(entry, FULL[entry] | {"credential_report": WORDS}) == {"credential_report"}


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_does_not_change(entry: type[Entry]) -> None:
    value = entry.model_validate(FULL[entry])

    with pytest.raises(ValidationError, match="frozen"):
        setattr(value, next(iter(FULL[entry])), WORDS)


@every_field
def test_a_refusal_does_not_show_what_it_refused(entry: type[Entry], field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        entry.model_validate(FULL[entry] | {field: WORDS})

    assert "Bob" not in f"{refusal.value} {refusal.value!r}"


@pytest.mark.parametrize(
    ("entry", "field", "wrong"),
    [
        pytest.param(Completed, "policy_line_ids", (), id="no evidence"),
        pytest.param(Completed, "policy_line_ids", ("P-7",) * 11, id="eleven lines"),
        pytest.param(Completed, "status", "failed", id="completed as failed"),
        pytest.param(Failed, "status", "completed", id="failed as completed"),
        pytest.param(Failed, "error_code", "provider_timeout", id="a code by its spelling"),
        pytest.param(Usage, "input_tokens", -1, id="negative count"),
        pytest.param(Usage, "provider_ms", 2_000_000_001, id="count beyond the column"),
        pytest.param(Usage, "output_tokens", 1.0, id="count with a fraction"),
        pytest.param(Usage, "output_tokens", True, id="count that is true"),
        pytest.param(Opening, "account_id", "acct_1023\N{FULLWIDTH DIGIT FOUR}", id="account in other digits"),
        pytest.param(Opening, "submitter", "browser:short", id="browser without its random"),
        pytest.param(Opening, "source", "web", id="a source by its spelling"),
    ],
)
def test_near_misses_are_refused(entry: type[Entry], field: str, wrong: object) -> None:
    assert refused_fields(entry, FULL[entry] | {field: wrong}) == {field}


def test_every_column_is_in_the_allow_list_or_measured_by_the_ledger() -> None:
    columns = {field.attname for field in TraceRecord._meta.concrete_fields}
    listed = {field for entry in ENTRIES for field in entry.model_fields} - {"usage"}

    assert columns == listed | MEASURED
    assert not listed & MEASURED


def test_no_column_is_of_a_kind_that_holds_long_text() -> None:
    held = {type(field) for field in TraceRecord._meta.concrete_fields if field.attname != "policy_line_ids"}

    assert held == {models.CharField, models.IntegerField, models.PositiveIntegerField, models.DateTimeField}
    assert all((field.max_length or 0) <= 100 for field in TraceRecord._meta.concrete_fields)


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
