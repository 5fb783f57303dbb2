"""From a trace to its case, and from a report to its traces and cases."""

import io
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains

from evals import lookup
from evals.cases import load_suite, suite_path
from evals.management.commands.fingerprint import LONGEST
from tests.ledger.rows import NOW, closed_row, open_row
from traces.codes import Source
from traces.fingerprints import FingerprintKey, fingerprint
from traces.models import TraceRecord

OLDER = FingerprintKey("older", "an-older-key-of-this-test-alone")
CASES = load_suite(suite_path("rotations")).cases
CASE = CASES[0]
OTHER_TEXT = "Nobody has written this report into a suite."


@pytest.fixture(autouse=True)
def two_keys(settings: Settings) -> None:
    settings.FINGERPRINT_KEYS = (*settings.FINGERPRINT_KEYS, OLDER)


def marks(text: str, key: FingerprintKey) -> dict[str, Any]:
    return {"input_fingerprint": fingerprint(text, key), "fingerprint_key_id": key.id}


def told(monkeypatch: pytest.MonkeyPatch, given: str | bytes) -> str:
    raw = given if isinstance(given, bytes) else given.encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    output = io.StringIO()
    call_command("fingerprint", stdout=output)
    return output.getvalue()


@pytest.mark.parametrize("source", [Source.EVAL, Source.WEB])
def test_a_trace_with_the_text_of_a_case_names_it(
    db: None, admin_client: Client, settings: Settings, source: Source
) -> None:
    trace = closed_row(source=source, **marks(CASE.report, settings.FINGERPRINT_KEYS[0]))

    page = admin_client.get(f"/admin/traces/tracerecord/{quote(trace.pk)}/change/")

    assertContains(page, f"eval case: {CASE.name}")


def test_a_trace_of_another_text_has_no_notes(db: None, admin_client: Client, settings: Settings) -> None:
    trace = closed_row(**marks(OTHER_TEXT, settings.FINGERPRINT_KEYS[0]))

    page = admin_client.get(f"/admin/traces/tracerecord/{quote(trace.pk)}/change/")

    assertNotContains(page, "Notes")
    assertNotContains(page, "eval case")


def test_a_case_is_found_under_the_key_of_the_trace() -> None:
    assert lookup.note_cases(TraceRecord(**marks(CASE.report, OLDER))) == f"eval case: {CASE.name}"


def test_a_key_that_is_configured_no_more_finds_nothing() -> None:
    retired = FingerprintKey("retired", OLDER.secret)

    assert lookup.note_cases(TraceRecord(**marks(CASE.report, retired))) is None


def test_cases_of_one_text_are_all_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twins = [CASE.model_copy(update={"name": name}) for name in ("one", "other")]
    (tmp_path / "twins.jsonl").write_text("\n".join(case.model_dump_json() for case in twins))
    monkeypatch.setattr(lookup, "SUITES", tmp_path)
    key = FingerprintKey("twins", "a-key-that-no-cache-has-seen")

    assert lookup.cases_with(fingerprint(CASE.report, key), key) == ("one", "other")


def test_the_suites_are_read_once_per_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = TraceRecord(**marks(CASE.report, OLDER))
    before = lookup.note_cases(seen)

    monkeypatch.setattr(lookup, "SUITES", tmp_path)

    assert before is not None
    assert lookup.note_cases(seen) == before


def test_a_broken_suite_costs_the_note_and_not_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    (tmp_path / "broken.jsonl").write_text("{}\n")
    monkeypatch.setattr(lookup, "SUITES", tmp_path)
    settings.FINGERPRINT_KEYS = (FingerprintKey("broken", "another-key-that-no-cache-has-seen"),)

    note = lookup.note_cases(TraceRecord(**marks(CASE.report, settings.FINGERPRINT_KEYS[0])))

    assert note is not None
    assert note.startswith("eval cases cannot be read: broken.jsonl:1")


def test_a_report_is_fingerprinted_under_every_key(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    output = told(monkeypatch, OTHER_TEXT)

    for key in settings.FINGERPRINT_KEYS:
        assert f"key {key.id}: {fingerprint(OTHER_TEXT, key)}" in output
    assert OTHER_TEXT not in output


def test_its_traces_under_every_key_are_listed_latest_first(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    first = closed_row(**marks(OTHER_TEXT, OLDER))
    then = closed_row(at=NOW + timedelta(seconds=1), **marks(OTHER_TEXT, settings.FINGERPRINT_KEYS[0]))
    stranger = closed_row()

    output = told(monkeypatch, OTHER_TEXT)

    assert f"{then.pk}  completed  2026-03-01 12:00:01 UTC\n{first.pk}  completed  2026-03-01 12:00:00 UTC\n" in output
    assert stranger.pk not in output


def test_a_trace_left_running_is_listed_as_failed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    left = open_row(**marks(OTHER_TEXT, OLDER))

    assert f"{left.pk}  failed" in told(monkeypatch, OTHER_TEXT)


@pytest.mark.parametrize(("rows", "more"), [(50, False), (51, True)])
def test_at_most_50_traces_are_listed(db: None, monkeypatch: pytest.MonkeyPatch, rows: int, *, more: bool) -> None:
    for _ in range(rows):
        closed_row(**marks(OTHER_TEXT, OLDER))

    output = told(monkeypatch, OTHER_TEXT)

    assert output.count("trace_") == 50
    assert ("There are more" in output) is more


def test_a_report_of_nobody_is_told(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    output = told(monkeypatch, OTHER_TEXT)

    assert "No trace has this report.\n" in output
    assert "No eval case has this report.\n" in output


def test_a_report_of_a_case_names_it(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    output = told(monkeypatch, f"\n{CASE.report}\r\n")

    assert f"eval case: {CASE.name}\n" in output
    assert CASE.report not in output


def test_lines_may_end_as_they_do_on_windows(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = closed_row(**marks("one line\nand another", OLDER))

    assert trace.pk in told(monkeypatch, "one line\r\nand another\r\n")


def test_reading_a_report_writes_no_row(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    closed_row(**marks(OTHER_TEXT, OLDER))
    before = list(TraceRecord.objects.values())

    told(monkeypatch, OTHER_TEXT)

    assert list(TraceRecord.objects.values()) == before


@pytest.mark.parametrize("length", [1, LONGEST])
def test_any_length_up_to_the_longest_is_taken(db: None, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    assert "No trace has this report." in told(monkeypatch, "é" * length)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("", "holds no report"),
        (" \r\n", "holds no report"),
        ("x" * (LONGEST + 1), "more than 10,000"),
        (b"caf\xe9", "is not UTF-8"),
    ],
    ids=["empty", "blank", "too-long", "latin-1"],
)
def test_what_is_no_report_is_refused(monkeypatch: pytest.MonkeyPatch, given: str | bytes, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint) as refused:
        told(monkeypatch, given)

    assert refused.value.returncode == 1
    assert refused.value.__cause__ is None


def test_a_broken_suite_is_told_and_not_raised(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "broken.jsonl").write_text("{}\n")
    monkeypatch.setattr(lookup, "SUITES", tmp_path)
    settings.FINGERPRINT_KEYS = (FingerprintKey("told", "a-third-key-that-no-cache-has-seen"),)

    with pytest.raises(CommandError, match=r"cannot be read\. broken\.jsonl:1"):
        told(monkeypatch, OTHER_TEXT)
