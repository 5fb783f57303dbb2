"""Until a release is out of use, no migration may take away or demand what it knows nothing of."""

import pytest
from django.db import migrations, models
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from tests.architecture.expansion import complaints, judge_since
from tests.rollback import previous

pytestmark = pytest.mark.any_database

HARMFUL = {
    "a column without a default": migrations.AddField("tracerecord", "team", models.CharField(max_length=8)),
    "a column with Python's default alone": migrations.AddField("tracerecord", "cost", models.IntegerField(default=0)),
    "a unique column": migrations.AddField("tracerecord", "place", models.IntegerField(db_default=0, unique=True)),
    "a removed column": migrations.RemoveField("tracerecord", "provider_ms"),
    "a renamed column": migrations.RenameField("tracerecord", "release", "version"),
    "a removed table": migrations.DeleteModel("TraceRecord"),
    "a renamed table": migrations.RenameModel("TraceRecord", "Trace"),
    "a moved table": migrations.AlterModelTable("tracerecord", "ledger"),
    "a shorter column": migrations.AlterField("tracerecord", "source", models.CharField(max_length=4)),
    "a column of another type": migrations.AlterField("tracerecord", "source", models.TextField()),
    "a column of another name": migrations.AlterField(
        "tracerecord", "source", models.CharField(max_length=8, db_column="face")
    ),
    "a column that must be filled": migrations.AlterField("tracerecord", "provider_ms", models.PositiveIntegerField()),
    "a column that becomes unique": migrations.AlterField(
        "tracerecord", "source", models.CharField(max_length=8, unique=True)
    ),
    "a unique constraint": migrations.AddConstraint(
        "tracerecord", models.UniqueConstraint(fields=["account_id"], name="one")
    ),
    "a check constraint": migrations.AddConstraint(
        "tracerecord", models.CheckConstraint(condition=models.Q(source="api"), name="api")
    ),
    "unique together": migrations.AlterUniqueTogether("tracerecord", {("account_id", "source")}),
    "code that cannot be undone": migrations.RunPython(migrations.RunPython.noop),
    "SQL of which nothing is said": migrations.RunSQL("SELECT 1", migrations.RunSQL.noop),
    "another state than the database": migrations.SeparateDatabaseAndState(),
}
HARMLESS = {
    "a column that may be empty": migrations.AddField("tracerecord", "team", models.CharField(max_length=8, null=True)),
    "a column that the database fills": migrations.AddField("tracerecord", "cost", models.IntegerField(db_default=0)),
    "a longer column with other words": migrations.AlterField(
        "tracerecord", "source", models.CharField(max_length=16, choices=[("api", "Any")], help_text="Where from.")
    ),
    "an index": migrations.AddIndex("tracerecord", models.Index(fields=["release"], name="by_release")),
    "a dropped index": migrations.RemoveIndex("tracerecord", "traces_retry_of"),
    "a dropped constraint": migrations.RemoveConstraint("tracerecord", "traces_source_is_known"),
    "other words": migrations.AlterModelOptions("tracerecord", {"verbose_name": "row"}),
    "a new table": migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True))]),
    "a table that came later": migrations.RemoveField("review", "note"),
    "code that can be undone": migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
    "SQL that is called harmless": migrations.RunSQL("SELECT 1", hints={"harmless": "It only asks."}),
}


def told(*planted: Operation, contracts_after: str | None = None) -> list[str]:
    """Judge a migration of the ledger's as if the previous release, called 0.2.0 here, knew no reviews."""
    planted_class = type("Planted", (Migration,), {"operations": planted, "contracts_after": contracts_after})
    state = MigrationLoader(None).project_state()
    return list(complaints(planted_class("planted", "traces"), state, {("traces", "tracerecord")}, version="0.2.0"))


def test_every_migration_since_the_previous_release_only_widens() -> None:
    assert judge_since(previous.MIGRATIONS, version=previous.VERSION) == {}


def test_a_migration_that_takes_away_or_demands_is_named(subtests: pytest.Subtests) -> None:
    for name, operation in HARMFUL.items():
        with subtests.test(name):
            [complaint] = told(operation)
            assert complaint.startswith(operation.describe())


def test_a_migration_that_widens_passes() -> None:
    assert {name: told(operation) for name, operation in HARMLESS.items()} == {name: [] for name in HARMLESS}


def test_a_column_that_loses_the_default_of_the_database_is_named() -> None:
    added = HARMLESS["a column that the database fills"]

    assert len(told(added, migrations.AlterField("tracerecord", "cost", models.IntegerField()))) == 1


def test_a_table_is_new_from_its_making_on() -> None:
    made = HARMLESS["a new table"]

    assert told(made, migrations.AddField("note", "text", models.CharField(max_length=8, unique=True))) == []


@pytest.mark.parametrize(("release", "faults"), [("0.1.9", 0), ("0.2.0", 0), ("0.2.1", 1), ("0.10.0", 1)])
def test_a_column_that_no_release_in_use_needs_may_be_removed(release: str, faults: int) -> None:
    gone = HARMFUL["a removed column"]

    assert len(told(gone, contracts_after=release)) == faults
