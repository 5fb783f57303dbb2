"""`export_traces` hands rows on as they stand."""

import csv
import json
from io import StringIO
from typing import Any

import pytest

from tests.commands.conftest import run, started
from tests.ledger.rows import FAILED_ROW, RUNNING_ROW
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

FORMULAS = (
    *("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\tinvoice", "\rinvoice", "\r=1+1", "\n=1+1", "  =1+1", '"=1+1'),
    *('=HYPERLINK("http://evil.test","click, here")', "\N{FULLWIDTH EQUALS SIGN}1+1"),
)


def exported(file_format: str, *arguments: str, since: str = "2026-01-01") -> str:
    ran = run("export_traces", "--since", since, "--format", file_format, *arguments)
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def cells(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(exported("csv", *arguments), newline="")))


def objects(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in exported("jsonl", *arguments).splitlines()]


def test_the_columns_are_the_rows_own_in_order_but_for_the_digest() -> None:
    trace = started()
    columns = [field.column for field in TraceRecord._meta.fields if field.column != "submission_digest"]

    assert exported("csv").splitlines()[0].split(",") == columns
    assert [list(row) for row in objects()] == [columns]
    for file_format in ("csv", "jsonl"):
        text = exported(file_format)
        assert (trace.submission_digest in text, trace.input_fingerprint in text) == (False, True)


def test_csv_holds_text_numbers_utc_times_and_lists_as_json() -> None:
    trace = started(
        started_at="2026-03-01T12:00:00+02:00",
        finished_at="2026-03-01T10:00:02.5Z",
        credential_age_days=-3,
        facts={"label": "invoice-sync"},
    )

    [row] = cells()

    assert (row["trace_id"], row["decision"], row["error_code"]) == (trace.trace_id, "eligible", "")
    assert (row["latency_ms"], row["credential_age_days"], row["policy_line_ids"]) == ("2000", "-3", '["P-7"]')
    assert (row["facts"], row["answer"]) == ('{"label": "invoice-sync"}', "")
    assert (row["started_at"], row["finished_at"]) == ("2026-03-01T10:00:00.000000Z", "2026-03-01T10:00:02.500000Z")


def test_jsonl_holds_numbers_nulls_and_lists_as_such() -> None:
    started(row=FAILED_ROW, started_at="2026-03-01T12:00:00Z", credential_label="J\N{LINE SEPARATOR}ürgen")

    [row] = objects()

    assert (row["credential_age_days"], row["decision"], row["policy_line_ids"]) == (12, None, [])
    assert (row["error_code"], row["started_at"]) == ("provider_timeout", "2026-03-01T12:00:00.000000Z")
    assert row["credential_label"] == "J\N{LINE SEPARATOR}ürgen"


def test_a_spreadsheet_runs_no_cell_as_a_formula_and_another_text_stands_as_it_is() -> None:
    texts = ("invoice-sync", "a=b", "jane.doe", '5" disk', "Jürgen, Köln")
    for label in (*FORMULAS, *texts):
        started(credential_label=label)

    quoted = [f"'{label}" for label in FORMULAS]
    assert sorted(row["credential_label"] for row in cells()) == sorted([*quoted, *texts])
    assert sorted(row["credential_label"] for row in objects()) == sorted([*FORMULAS, *texts])


def test_both_days_are_whole_and_the_oldest_comes_first() -> None:
    moments = ["2026-03-03T00:00:00Z", "2026-03-02T23:59:59.999999Z", "2026-03-01T00:00:00Z", "2026-02-28T23:59:59Z"]
    ids = [started(started_at=moment).trace_id for moment in moments]

    assert [row["trace_id"] for row in objects("--since", "2026-03-01", "--until", "2026-03-02")] == [ids[2], ids[1]]
    for last in ([], ["--until", "9999-12-31"]):
        assert [row["trace_id"] for row in objects("--since", "2026-03-01", *last)] == [ids[2], ids[1], ids[0]]


def test_what_was_left_running_is_closed_first() -> None:
    started(days_ago=1, row=RUNNING_ROW)
    young = started(row=RUNNING_ROW)

    assert [(row["status"], row["error_code"]) for row in objects()] == [("failed", "interrupted"), ("running", None)]
    assert TraceRecord.objects.get(pk=young.pk).status == "running"
