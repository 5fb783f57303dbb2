"""The trigger makes a terminal row final for raw SQL too, and every migrate restores it."""

from collections.abc import Callable, Iterator

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import Client

from decisions.guards import are_installed, install
from tests.ledger.rows import COMPLETED, FAILED, closed_row, open_row, stored
from traces.entries import Ending
from traces.guard import REFUSAL, TABLE, TRIGGER
from traces.models import TraceRecord

RENAME = "UPDATE traces_tracerecord SET provider = 'other' WHERE trace_id = %s"

every_terminal_status = pytest.mark.parametrize("ending", [COMPLETED, FAILED], ids=["completed", "failed"])


def execute(sql: str, *parameters: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def drop_guard() -> None:
    execute(f"DROP TRIGGER {TRIGGER}" + (f" ON {TABLE}" if connection.vendor == "postgresql" else ""))


def migrate(*target: str) -> None:
    """Run it as `manage.py` does: with the system checks first."""
    call_command("migrate", *target, verbosity=0, skip_checks=False)


def complaints() -> list[str | None]:
    return [message.id for message in run_checks(tags=[Tags.database], databases=["default"])]


def by_another_value(trace: TraceRecord) -> None:
    execute(RENAME, trace.pk)


def by_reopening(trace: TraceRecord) -> None:
    execute("UPDATE traces_tracerecord SET status = 'running' WHERE trace_id = %s", trace.pk)


def by_no_change_at_all(trace: TraceRecord) -> None:
    execute("UPDATE traces_tracerecord SET status = status WHERE trace_id = %s", trace.pk)


def by_emptying(trace: TraceRecord) -> None:
    execute("UPDATE traces_tracerecord SET decision = NULL WHERE trace_id = %s", trace.pk)


def by_queryset(trace: TraceRecord) -> None:
    TraceRecord.objects.filter(pk=trace.pk).update(provider="other")


def by_save(trace: TraceRecord) -> None:
    trace.provider = "other"
    trace.save()


def by_upsert(trace: TraceRecord) -> None:
    TraceRecord.objects.bulk_create(
        [trace], update_conflicts=True, unique_fields=["trace_id"], update_fields=["provider"]
    )


def assert_final(trace: TraceRecord, write: Callable[[TraceRecord], None] = by_another_value) -> None:
    before = stored(trace)
    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        write(trace)
    assert stored(trace) == before


@pytest.mark.django_db
@every_terminal_status
@pytest.mark.parametrize(
    "write", [by_another_value, by_reopening, by_no_change_at_all, by_emptying, by_queryset, by_save, by_upsert]
)
def test_a_terminal_row_refuses_every_change(ending: Ending, write: Callable[[TraceRecord], None]) -> None:
    assert_final(closed_row(ending), write)


@pytest.fixture
def migrated(transactional_db: None) -> Iterator[None]:
    """Restore the schema after the test, even if the test fails."""
    yield
    migrate()


@pytest.mark.django_db
def test_one_terminal_row_stops_an_update_of_many() -> None:
    running, terminal = open_row(), closed_row()

    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        TraceRecord.objects.update(provider="other")

    assert {stored(trace)["provider"] for trace in (running, terminal)} == {"openai"}


@pytest.mark.django_db
def test_a_running_row_can_be_changed_by_raw_sql() -> None:
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
    install("default")
    install("default")

    assert are_installed("default")
    assert complaints() == []
    assert_final(closed_row())


@pytest.mark.django_db
def test_a_missing_guard_is_reported_and_restored_by_migrate(client: Client) -> None:
    drop_guard()
    reported, not_ready = complaints(), client.get("/readyz")

    migrate()

    assert (reported, not_ready.status_code) == (["traces.W001"], 503)
    assert not_ready.json() == {"status": "unavailable", "not_ready": ["migrations"]}
    assert complaints() == []
    assert Client().get("/readyz").status_code == 200
    assert_final(closed_row())


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite cannot switch a trigger off")
def test_a_disabled_guard_is_reported_and_restored() -> None:
    execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER {TRIGGER}")

    reported = complaints()
    migrate()

    assert reported == ["traces.W001"]
    assert complaints() == []


@pytest.mark.usefixtures("migrated")
def test_the_guard_is_restored_after_migrating_to_zero_and_back() -> None:
    migrate("traces", "zero")
    assert TABLE not in connection.introspection.table_names()
    assert complaints() == []

    migrate("traces")
    assert complaints() == []
    assert_final(closed_row())


@pytest.mark.usefixtures("migrated")
def test_the_guard_is_restored_by_migrate_after_a_rebuild_of_the_table() -> None:
    trace = closed_row()

    rebuild_table()
    survived = are_installed("default")
    migrate()

    assert survived == (connection.vendor != "sqlite")
    assert complaints() == []
    assert_final(trace)


def rebuild_table() -> None:
    """Widen a column and narrow it again. SQLite copies the table into a new one each time."""
    now, wider = TraceRecord._meta.get_field("provider"), models.CharField(max_length=41)
    wider.set_attributes_from_name("provider")
    wider.model = TraceRecord
    with connection.schema_editor() as editor:
        editor.alter_field(TraceRecord, now, wider)
        editor.alter_field(TraceRecord, wider, now)
