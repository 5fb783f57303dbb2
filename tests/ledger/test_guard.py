"""The trigger: a terminal row is final for raw SQL as well, and the guard comes back after every migrate."""

from collections.abc import Callable, Iterator

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import Client

from tests.ledger.rows import COMPLETED, FAILED, closed_row, open_row, stored
from traces.entries import Ending
from traces.guard import REFUSAL, TABLE, TRIGGER, guard_stands, install_guard
from traces.models import TraceRecord

RENAME = "UPDATE traces_tracerecord SET provider = 'other' WHERE trace_id = %s"

every_terminal_status = pytest.mark.parametrize("ending", [COMPLETED, FAILED], ids=["completed", "failed"])


def execute(sql: str, *parameters: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def drop_guard() -> None:
    execute(f"DROP TRIGGER {TRIGGER}" + (f" ON {TABLE}" if connection.vendor == "postgresql" else ""))


def migrate(*target: str) -> None:
    call_command("migrate", *target, verbosity=0)


def complaints() -> list[str | None]:
    return [message.id for message in run_checks(tags=[Tags.database], databases=["default"])]


def assert_final(trace: TraceRecord) -> None:
    before = stored(trace)
    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        execute(RENAME, trace.pk)
    assert stored(trace) == before


@pytest.fixture
def migrated(transactional_db: None) -> Iterator[None]:
    """Leave the schema as it was found, also after a failure halfway."""
    yield
    migrate()


@pytest.mark.django_db
@every_terminal_status
@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(RENAME, id="another value"),
        pytest.param("UPDATE traces_tracerecord SET status = 'running' WHERE trace_id = %s", id="reopened"),
        pytest.param("UPDATE traces_tracerecord SET status = status WHERE trace_id = %s", id="no change at all"),
        pytest.param("UPDATE traces_tracerecord SET decision = NULL WHERE trace_id = %s", id="an emptied column"),
    ],
)
def test_a_terminal_row_refuses_raw_sql(ending: Ending, sql: str) -> None:
    trace = closed_row(ending)
    before = stored(trace)

    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        execute(sql, trace.pk)

    assert stored(trace) == before


def by_queryset(trace: TraceRecord) -> None:
    TraceRecord.objects.filter(pk=trace.pk).update(provider="other")


def by_save(trace: TraceRecord) -> None:
    trace.provider = "other"
    trace.save()


def by_upsert(trace: TraceRecord) -> None:
    TraceRecord.objects.bulk_create(
        [trace], update_conflicts=True, unique_fields=["trace_id"], update_fields=["provider"]
    )


@pytest.mark.django_db
@every_terminal_status
@pytest.mark.parametrize("write", [by_queryset, by_save, by_upsert])
def test_a_terminal_row_refuses_the_orm(ending: Ending, write: Callable[[TraceRecord], None]) -> None:
    trace = closed_row(ending)
    before = stored(trace)

    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        write(trace)

    assert stored(trace) == before


@pytest.mark.django_db
def test_one_terminal_row_stops_an_update_of_many() -> None:
    running, terminal = open_row(), closed_row()

    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        TraceRecord.objects.update(provider="other")

    assert {stored(trace)["provider"] for trace in (running, terminal)} == {"openai"}


@pytest.mark.django_db
def test_a_running_row_takes_raw_sql() -> None:
    trace = open_row()

    execute(RENAME, trace.pk)

    assert stored(trace)["provider"] == "other"


@pytest.mark.django_db
@every_terminal_status
def test_a_terminal_row_can_be_deleted(ending: Ending) -> None:
    by_hand, by_orm = closed_row(ending), closed_row(ending)

    execute("DELETE FROM traces_tracerecord WHERE trace_id = %s", by_hand.pk)
    by_orm.delete()

    assert not TraceRecord.objects.exists()


@pytest.mark.django_db
def test_installing_the_guard_again_changes_nothing() -> None:
    install_guard("default")
    install_guard("default")

    assert guard_stands("default")
    assert_final(closed_row())


@pytest.mark.django_db
def test_the_check_is_content_with_a_guarded_database() -> None:
    assert complaints() == []


@pytest.mark.django_db
def test_the_check_reports_a_missing_guard() -> None:
    drop_guard()

    assert complaints() == ["traces.E002"]


@pytest.mark.django_db
def test_a_process_whose_guard_is_missing_is_not_ready(client: Client) -> None:
    drop_guard()

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "not_ready": ["migrations"]}


@pytest.mark.django_db
def test_migrate_puts_a_missing_guard_back(client: Client) -> None:
    drop_guard()

    migrate()

    assert complaints() == []
    assert client.get("/readyz").status_code == 200
    assert_final(closed_row())


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite cannot switch a trigger off")
def test_a_guard_that_is_switched_off_does_not_stand() -> None:
    execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER {TRIGGER}")

    reported = complaints()
    migrate()

    assert reported == ["traces.E002"]
    assert complaints() == []


@pytest.mark.usefixtures("migrated")
def test_the_check_does_not_ask_before_the_table_is_there() -> None:
    migrate("traces", "zero")

    assert TABLE not in connection.introspection.table_names()
    assert complaints() == []


@pytest.mark.usefixtures("migrated")
def test_the_guard_stands_after_migrating_to_zero_and_forward_again() -> None:
    migrate("traces", "zero")
    migrate("traces")

    assert complaints() == []
    assert_final(closed_row())


@pytest.mark.usefixtures("migrated")
def test_the_guard_stands_after_a_rebuild_of_the_table_and_a_migrate() -> None:
    trace = closed_row()

    rebuild_table()
    survived = guard_stands("default")
    migrate()

    assert survived == (connection.vendor != "sqlite")
    assert complaints() == []
    assert_final(trace)


def rebuild_table() -> None:
    """Widen a column and narrow it again: SQLite copies the table into a new one for either."""
    now, wider = TraceRecord._meta.get_field("provider"), models.CharField(max_length=41)
    wider.set_attributes_from_name("provider")
    wider.model = TraceRecord
    with connection.schema_editor() as editor:
        editor.alter_field(TraceRecord, now, wider)
        editor.alter_field(TraceRecord, wider, now)
