"""From a trace to its case, and from a report to its traces and cases."""

import io
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from evals import lookup
from evals.cases import load_suite
from evals.management.commands.fingerprint import LONGEST
from evals.suites import find_suite
from tests.ledger.rows import NOW, closed_row, open_row
from traces.codes import Source
from traces.fingerprints import FingerprintKey, fingerprint
from traces.models import TraceRecord

Find = Callable[[str | bytes], str]
OLDER = FingerprintKey("older", "an-older-key-of-this-test-alone")
CASE = load_suite(find_suite("rotations")).cases[0]
TEXT = CASE.as_report.sent_text
OTHER_TEXT = "Nobody has written this report into a suite."


@pytest.fixture(autouse=True)
def two_keys(settings: Settings) -> None:
    settings.FINGERPRINT_KEYS = (*settings.FINGERPRINT_KEYS, OLDER)


@pytest.fixture
def find(monkeypatch: pytest.MonkeyPatch) -> Find:
    """Give a report to the `fingerprint` command and return what it prints."""

    def type_in(given: str | bytes) -> str:
        raw = given if isinstance(given, bytes) else given.encode()
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw), isatty=lambda: False))
        output = io.StringIO()
        call_command("fingerprint", stdout=output)
        return output.getvalue()

    return type_in


def marks(text: str, key: FingerprintKey = OLDER) -> dict[str, Any]:
    return {"input_fingerprint": fingerprint(text, key), "fingerprint_key_id": key.id}


def test_a_trace_with_the_text_of_a_case_names_it_and_another_has_no_notes(
    db: None, admin_client: Client, settings: Settings
) -> None:
    key = settings.FINGERPRINT_KEYS[0]

    def page(trace: TraceRecord) -> str:
        return admin_client.get(f"/admin/traces/tracerecord/{quote(trace.pk)}/change/").text

    for source in (Source.EVAL, Source.WEB):
        assert f"eval case: {CASE.name}" in page(closed_row(source=source, **marks(TEXT, key)))
    assert not re.search("Notes|eval case", page(closed_row(**marks(OTHER_TEXT, key))))


def test_a_case_is_found_under_the_key_of_the_trace_unless_it_was_retired() -> None:
    retired = FingerprintKey("retired", OLDER.secret)

    assert lookup.note_cases(TraceRecord(**marks(TEXT))) == f"eval case: {CASE.name}"
    assert lookup.note_cases(TraceRecord(**marks(TEXT, retired))) is None


def test_cases_of_one_text_are_all_named(tmp_path: Path, move_suite: Callable[[Path], None]) -> None:
    twins = [CASE.model_copy(update={"name": name}) for name in ("one", "other")]
    (tmp_path / "twins.jsonl").write_text("\n".join(case.model_dump_json() for case in twins))
    move_suite(tmp_path / "twins.jsonl")
    key = FingerprintKey("twins", "a-key-that-no-cache-has-seen")

    assert lookup.names_by_fingerprint(key)[fingerprint(TEXT, key)] == ("one", "other")


def test_the_suites_are_read_once_per_key(tmp_path: Path, move_suite: Callable[[Path], None]) -> None:
    seen = TraceRecord(**marks(TEXT, OLDER))
    before = lookup.note_cases(seen)

    move_suite(tmp_path / "missing.jsonl")

    assert before is not None
    assert lookup.note_cases(seen) == before


def test_a_broken_suite_costs_the_note_and_not_the_page_and_ends_the_command_with_one_sentence(
    db: None, tmp_path: Path, move_suite: Callable[[Path], None], settings: Settings, find: Find
) -> None:
    (tmp_path / "broken.jsonl").write_text("{}\n")
    move_suite(tmp_path / "broken.jsonl")
    key = FingerprintKey("broken", "another-key-that-no-cache-has-seen")
    settings.FINGERPRINT_KEYS = (key,)

    note = lookup.note_cases(TraceRecord(**marks(TEXT, key)))

    assert note is not None
    assert note.startswith("eval cases cannot be read: broken.jsonl:1")
    with pytest.raises(CommandError, match=r"cannot be read\. broken\.jsonl:1"):
        find(OTHER_TEXT)


def test_an_unknown_report_is_fingerprinted_under_every_key(db: None, settings: Settings, find: Find) -> None:
    output = find(OTHER_TEXT)

    for key in settings.FINGERPRINT_KEYS:
        assert f"key {key.id}: {fingerprint(OTHER_TEXT, key)}" in output
    assert "No trace has this report.\n" in output
    assert "No eval case has this report.\n" in output
    assert OTHER_TEXT not in output


def test_its_traces_under_every_key_are_listed_latest_first(db: None, settings: Settings, find: Find) -> None:
    left = open_row(at=NOW - timedelta(seconds=1), **marks(OTHER_TEXT))
    first = closed_row(**marks(OTHER_TEXT))
    then = closed_row(at=NOW + timedelta(seconds=1), **marks(OTHER_TEXT, settings.FINGERPRINT_KEYS[0]))
    closed_row()

    listed = re.findall("trace_.*", find(OTHER_TEXT))

    assert listed == [
        f"{then.pk}  completed  2026-03-01 12:00:01 UTC",
        f"{first.pk}  completed  2026-03-01 12:00:00 UTC",
        f"{left.pk}  failed     2026-03-01 11:59:59 UTC",
    ]


def test_at_most_50_traces_are_listed(db: None, find: Find) -> None:
    for rows, more in ((50, False), (1, True)):
        for _ in range(rows):
            closed_row(**marks(OTHER_TEXT))

        output = find(OTHER_TEXT)

        assert (output.count("trace_"), "There are more" in output) == (50, more)


def test_a_report_of_a_case_names_it(db: None, find: Find) -> None:
    output = find(f"\n{TEXT}\r\n")

    assert f"eval case: {CASE.name}\n" in output
    assert TEXT not in output


def test_lines_may_end_as_they_do_on_windows_and_nothing_is_written(db: None, find: Find) -> None:
    trace = closed_row(**marks("one line\nand another"))
    before = list(TraceRecord.objects.values())

    assert trace.pk in find("one line\r\nand another\r\n")
    assert list(TraceRecord.objects.values()) == before


def test_any_length_up_to_the_longest_is_taken_and_other_input_refused(db: None, find: Find) -> None:
    wrong: dict[str | bytes, str] = {
        "": "holds no report",
        " \r\n": "holds no report",
        "x" * (LONGEST + 1): "more than 10,000",
        b"caf\xe9": "is not UTF-8",
    }

    for length in (1, LONGEST):
        assert "No trace has this report." in find("é" * length)
    for given, complaint in wrong.items():
        with pytest.raises(CommandError, match=complaint) as refused:
            find(given)
        assert (refused.value.returncode, refused.value.__cause__) == (1, None)
