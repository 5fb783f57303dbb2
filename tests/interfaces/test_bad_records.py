"""A record that breaks a rule of the database all the same ends in a named failure with its row, never in a 500."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from rotation.faults import NO_DATE, find_faults
from rotation.imports.plan import UNREADABLE
from rotation.models import Credential
from rotation.records import oldest_source
from rotation.workflow import ROTATION
from tests.commands.conftest import run
from tests.commands.test_doctor import result_of
from tests.conftest import Decide, report
from tests.fakes import FakeProvider
from tests.operators.conftest import Visitors, visitors
from traces.models import TraceRecord

__all__ = ["visitors"]

CANARY = "canary-7d1e"
IS_SQLITE = connection.vendor == "sqlite"
ITEM, KNOWN = "needs an item of 3 to 80 characters without blanks at its ends", "needs a kind and a state that we know"
# A column, its value, and what is wrong with it.
BAD: dict[str, tuple[str, str, str]] = {
    "111 characters": ("item", CANARY.ljust(111, "x"), ITEM),
    "two characters": ("item", "c7", ITEM),
    "a blank at an end": ("item", f"{CANARY} ", ITEM),
    "a no-break space at an end": ("item", f"\N{NO-BREAK SPACE}{CANARY}", ITEM),
    "an unknown kind": ("kind", CANARY, KNOWN),
    "an unknown state": ("state", CANARY, KNOWN),
    "issued after it was observed": (
        *("issued_on", f"{timezone.now() + timedelta(days=2):%Y-%m-%d}"),
        "was issued after it was observed",
    ),
}
# PostgreSQL keeps only dates in a column of dates.
NO_DATES = {"no day": ("issued_on", CANARY, NO_DATE), "no time": ("observed_at", CANARY, NO_DATE)}
# What the databases kept before the triggers refused it, and Python cannot read.
NO_DAYS = ["2026-02-30"] if IS_SQLITE else ["-infinity", "0044-03-15 BC"]
NO_TIMES = ["now", "2026-11-31 00:00:00", "2026-11-12 24:00:00"] if IS_SQLITE else ["infinity", "20000-01-01"]
UNREADABLE_RECORDS = [*(("issued_on", day) for day in NO_DAYS), *(("observed_at", time) for time in NO_TIMES)]
Spoil = Callable[[str, str], None]


def execute(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def spoil(credential: Credential) -> Iterator[Spoil]:
    """Change a column of the record in a database whose rules were taken away by hand."""
    for guard in ROTATION.guards:
        execute(f"DROP TRIGGER {guard.trigger}" + ("" if IS_SQLITE else f" ON {guard.table}"))
    if IS_SQLITE:
        execute("PRAGMA ignore_check_constraints = ON")
    else:
        drop = "DROP CONSTRAINT rotation_kind_is_known, DROP CONSTRAINT rotation_state_is_known"
        execute(f"ALTER TABLE rotation_credential {drop}, ALTER COLUMN item TYPE varchar(160)")
    yield lambda column, value: execute(f"UPDATE rotation_credential SET {column} = %s", value)  # noqa: S608
    if IS_SQLITE:
        execute("PRAGMA ignore_check_constraints = OFF")


@pytest.mark.parametrize("name", [*BAD, *(NO_DATES if IS_SQLITE else ())])
def test_a_bad_record_ends_in_a_named_failure_with_its_row(
    decide: Decide, provider: FakeProvider, caplog: pytest.LogCaptureFixture, spoil: Spoil, name: str
) -> None:
    column, value, fault = (BAD | NO_DATES)[name]
    spoil(column, value)
    [pk] = Credential.objects.values_list("pk", flat=True)

    response = decide()

    assert (response.status_code, response.json()["error_code"]) == (200, "internal_error")
    row = TraceRecord.objects.get(trace_id=response.json()["trace_id"])
    assert (row.status, row.facts, row.credential_label, provider.calls) == ("failed", None, None, [])
    assert find_faults("default") == [f"credential record {pk} {fault}"]
    assert f"credential record {pk} {fault}" in caplog.messages
    assert value not in caplog.text


@pytest.mark.parametrize(("column", "value"), UNREADABLE_RECORDS)
def test_what_cannot_be_read_ends_in_a_named_failure_and_harms_nothing_else(
    decide: Decide, spoil: Spoil, column: str, value: str, visitors: Visitors
) -> None:
    spoil(column, value)

    response = decide()

    assert (response.status_code, response.json()["error_code"]) == (200, "internal_error")
    assert TraceRecord.objects.get().error_code == "internal_error"
    assert find_faults("default")[0].endswith(NO_DATE)
    assert oldest_source() is None
    assert visitors["operator"].get("/admin/").status_code == 200
    assert result_of("freshness")[1].startswith("There is no active record.")


@pytest.mark.parametrize(("column", "value"), UNREADABLE_RECORDS)
def test_import_that_meets_what_cannot_be_read_ends_by_name(
    spoil: Spoil, credential: Credential, column: str, value: str, tmp_path: Path, visitors: Visitors
) -> None:
    spoil(column, value)
    file = tmp_path / "report.csv"
    row = f"{credential.account_id},new-key,other,active,,{credential.source},2026-01-02T00:00:00Z"
    file.write_text(f"account_id,item,kind,state,issued_on,source,observed_at\n{row}\n")

    ran = run("import_credentials", "csv", str(file))
    form = {"format": "csv", "inventory": [SimpleUploadedFile("report.csv", file.read_bytes())]}
    page = visitors["records clerk"].post("/admin/rotation/credential/import/", form, follow=True)

    assert (ran.code, ran.err) == (2, UNREADABLE)
    assert escape(UNREADABLE) in page.text


def test_the_form_shows_the_failure_and_keeps_the_text(client: Client, spoil: Spoil) -> None:
    spoil("item", BAD["111 characters"][1])

    page = client.post("/", report(), headers={"Accept": "text/html"})

    assert page.status_code == 200
    assert "Decision unavailable; retry safely." in page.text
    assert TraceRecord.objects.get().error_code == "internal_error"


def test_other_records_of_the_account_are_judged(decide: Decide, spoil: Spoil, credential: Credential) -> None:
    spoil("item", BAD["111 characters"][1])
    Credential.objects.create(
        account_id=credential.account_id, item="good-key", kind="service_account_key", state="active", source="test",
        issued_on=credential.issued_on,
    )  # fmt: skip

    assert decide(report(item="good-key")).json()["decision"] == "eligible"
    assert decide().json()["error_code"] == "credential_ambiguous"
