"""`import_credentials`: what it prints, its exit codes, and what it leaves alone."""

import getpass
import json
import logging
import os
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from time import time

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from rotation.imports import apply as apply_module
from rotation.imports.apply import ANOTHER_RUNS, BUSY, REFUSED_RECORD
from rotation.imports.formats import FORMATS
from rotation.models import Credential, CredentialImport, CredentialOwner
from tests.commands.conftest import Ran, Terminal, ctrl_c, database_that_fails, run
from tests.imports.inventories import golden
from tests.imports.observing import AWS, COLUMNS, link, read_test_format
from tests.ledger.rows import in_another_connection

pytestmark = pytest.mark.django_db
CANARY = "canary-4b7e"
KEYS = "gcp:billing-sync@shop-prod"


@pytest.fixture(autouse=True)
def test_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "test", read_test_format)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "report.csv"


def line(item: str = "bot/1", *, owner: str = "bot", state: str = "active", hour: int = 10) -> str:
    return f"{AWS},{owner},{item},{state},2026-11-20T{hour}:00:00+00:00"


def run_import(file: Path, *lines: str, options: tuple[str, ...] = (), **streams: StringIO) -> Ran:
    file.write_text("\n".join((COLUMNS, *lines)))
    return run("import_credentials", "test", str(file), *options, **streams)


def test_counts_are_printed_and_the_same_file_twice_changes_nothing(file: Path) -> None:
    link()

    first, again = run_import(file, line(), line("bot/2")), run_import(file, line(), line("bot/2"))

    assert (first.code, again.code) == (0, 0)
    assert "        2 added\n        0 changed\n" in first.out
    assert "        0 added\n        0 changed\n" in again.out
    assert "        2 unchanged\n" in again.out
    assert "Read for a test.\n2 skipped: A key that its maker manages.\n" in again.out
    assert "Imported. The transaction took" in again.out


def test_later_and_older_observations_are_counted_as_unchanged(file: Path) -> None:
    link()
    run_import(file, line(hour=11))

    later, older = run_import(file, line(hour=12)), run_import(file, line(hour=10))

    assert "        1 unchanged\n" in later.out
    assert "        1 of the unchanged were observed again later\n" in later.out
    assert "        1 of the unchanged have a later observation already\n" in older.out


def test_refused_lines_are_listed_and_nothing_is_changed(file: Path) -> None:
    link()

    ran = run_import(file, line(), line(owner="carol"), line(state="odd"), *[line(owner="dave")] * 30)

    assert ran.code == 1
    assert (
        f"{file}, lines 3, {', '.join(map(str, range(5, 24)))} and 11 more: This owner is linked to no account"
        in ran.out
    )
    assert f"{file}, line 4: The state is not known.\n" in ran.out
    assert "Lines were refused. Nothing was changed." in ran.err
    assert not Credential.objects.exists()


def test_refused_lines_are_left_out_when_asked(file: Path) -> None:
    link()

    ran = run_import(file, line(), line(owner="carol"), options=("--skip-refused",))

    assert (ran.code, ran.err) == (0, "")
    assert Credential.objects.get().item == "bot/1"


def test_dry_run_shows_each_record_and_writes_nothing(file: Path) -> None:
    link()
    run_import(file, line("bot/1"), line("bot/2"))
    CredentialImport.objects.all().delete()

    news = [line(f"bot/{number}", hour=11) for number in range(3, 25)]
    ran = run_import(file, line("bot/1", state="disabled", hour=11), *news, options=("--dry-run",))

    assert ran.code == 0
    assert "changed: acct_10001 / bot/1, disabled (state)\n" in ran.out
    assert "disabled: acct_10001 / bot/2, disabled (state, gone)\n" in ran.out
    assert "added: 2 more\n" in ran.out
    assert ran.out.endswith("A dry run. Nothing was changed.\n")
    assert (Credential.objects.count(), CredentialImport.objects.count()) == (2, 0)


def test_dry_run_with_a_refused_line_exits_as_the_import_would(file: Path) -> None:
    assert run_import(file, line(), options=("--dry-run",)).code == 1


def test_what_would_control_a_terminal_is_not_printed(file: Path) -> None:
    link()

    ran = run_import(file, line("bot/\x1b[2J"), options=("--dry-run",))

    assert "added: acct_10001 / bot/?[2J, active (new)\n" in ran.out


def test_json_names_every_record_link_and_refusal(file: Path) -> None:
    ran = run_import(
        file,
        line(),
        line(state="odd"),
        options=("--json", "--dry-run", "--skip-refused", "--assign", "--kind", "service_account_key"),
    )

    record = {"account_id": "acct_00001", "item": "bot/1", "state": "active", "columns": ["new"]}
    assert json.loads(ran.out) == {
        "dry_run": True,
        "imported": False,
        "added": 1,
        "changed": 0,
        "disabled": 0,
        "unchanged": 0,
        "refused": 1,
        "observed_again": 0,
        "older": 0,
        "sources": [AWS],
        "remarks": ["Read for a test.", "2 skipped: A key that its maker manages."],
        "records": {"added": [record], "changed": [], "disabled": []},
        "names": {"acct_00001": "bot"},
        "links": [[AWS, "bot", "acct_00001", "service_account_key"]],
        "refusals": [{"file": str(file), "line": 3, "sentence": "The state is not known."}],
    }
    assert not CredentialOwner.objects.exists()


def test_scope_and_partial_reach_the_reader_and_the_plan(file: Path) -> None:
    link(source="aws:scope")
    run_import(file, line("bot/1"), options=("--scope", "aws:scope"))

    run_import(file, line("bot/2", hour=11), options=("--scope", "aws:scope", "--partial"))

    assert Credential.objects.filter(source="aws:scope", state="active").count() == 2


def test_assigned_accounts_are_counted(file: Path) -> None:
    ran = run_import(file, line(), line("carol/1", owner="carol"), options=("--assign", "--kind", "other"))

    assert "        2 owners get an account id\n        2 accounts get a name\n" in ran.out
    assert CredentialOwner.objects.count() == 2


def test_assign_needs_a_kind(file: Path) -> None:
    assert run_import(file, line(), options=("--assign",)).code == 2
    assert run_import(file, line(), options=("--kind", "other")).code == 2


def test_file_that_is_no_inventory_is_refused_whole(file: Path) -> None:
    file.write_text("something else")

    ran = run("import_credentials", "test", str(file))

    assert (ran.code, ran.err) == (2, f"{file}: It is no inventory.\nNothing was changed.")


def test_file_that_cannot_be_read_is_refused_by_name(file: Path) -> None:
    ran = run("import_credentials", "test", str(file))

    assert (ran.code, ran.err) == (2, f"{file} cannot be read: No such file or directory. Nothing was changed.")


def test_history_names_the_user_of_the_systems_name_or_the_one_that_is_given(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link()
    for name in ("ada", "grace"):
        User.objects.create_user(name)
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")

    run_import(file, line("bot/1"))
    run_import(file, line("bot/2", hour=11), options=("--partial", "--user", "grace"))

    assert [*LogEntry.objects.order_by("pk").values_list("user__username", flat=True)] == ["ada", "grace"]
    assert {each.imported_by for each in CredentialImport.objects.all()} == {"ada"}


def test_import_without_a_user_has_a_row_and_no_history(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError

    link()
    monkeypatch.setattr(getpass, "getuser", nobody)

    assert run_import(file, line()).code == 0
    assert CredentialImport.objects.get().imported_by.isdecimal()
    assert not LogEntry.objects.exists()


def test_user_that_is_not_there_is_refused(file: Path) -> None:
    link()

    ran = run_import(file, line(), options=("--user", "nobody"))

    assert (ran.code, ran.err) == (2, "There is no active user of that name. Nothing was changed.")


def test_stop_in_the_middle_changes_nothing(file: Path) -> None:
    link()

    ran = run_import(file, *(line(f"bot/{number}") for number in range(501)), err=Terminal(on_progress=ctrl_c))

    assert ran.code == 130
    assert "500 of 501" in ran.err
    assert "Stopped. Nothing was changed." in ran.err
    assert not Credential.objects.exists()


@pytest.mark.parametrize("part", ["SELECT", "INSERT INTO rotation_credential ", "rotation_credentialimport"])
def test_failing_database_is_named_and_nothing_is_changed(file: Path, part: str) -> None:
    def fail(execute: Callable[..., object], sql: str, *more: object) -> object:
        return database_that_fails(execute, sql) if part in sql else execute(sql, *more)

    link()

    with connection.execute_wrapper(fail):
        ran = run_import(file, line())

    assert (ran.code, ran.err) == (2, "The ledger failed (OperationalError). Nothing was changed.")
    assert not Credential.objects.exists()


def test_record_that_the_database_refuses_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise IntegrityError(CANARY)

    link()
    monkeypatch.setattr(apply_module, "_write", refuse)

    ran = run_import(file, line())

    assert (ran.code, ran.err) == (2, REFUSED_RECORD)


@pytest.mark.django_db(transaction=True)
def test_import_while_another_one_writes_is_refused_by_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link()
    sqlite = connection.vendor == "sqlite"
    # SQLite's second import waits for the write lock. Here it gives up at once.
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], *("timeout", 0) if sqlite else ("connect_timeout", 5))

    with transaction.atomic():
        apply_module._take_lock()
        ran = in_another_connection(lambda: run_import(file, line()))

    assert (ran.code, ran.err) == (2, BUSY if sqlite else ANOTHER_RUNS)
    assert run_import(file, line()).code == 0


def test_lock_that_is_not_given_refuses_the_import(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link()
    monkeypatch.setitem(apply_module.TRY_LOCK, connection.vendor, "SELECT 1 = 2")

    ran = run_import(file, line())

    assert (ran.code, ran.err) == (2, ANOTHER_RUNS)
    assert not Credential.objects.exists()


def test_no_text_of_a_file_is_logged(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    link()
    caplog.set_level(logging.DEBUG)

    run_import(file, line(CANARY), line(owner=CANARY), options=("--skip-refused",))

    assert Credential.objects.get().item == CANARY
    assert CANARY not in caplog.text


def import_keys(file: Path, *, disabled: bool, hours_ago: float = 0) -> Ran:
    """Import a list of one key that does not say when it was made."""
    if not CredentialOwner.objects.exists():
        link("billing-sync@shop-prod.iam.gserviceaccount.com", source=KEYS)
    [key, *_] = json.loads(golden("gcp_keys.json"))
    file.write_text(json.dumps([key | {"disabled": disabled, "validAfterTime": "2020-01-01T00:00:00Z"}]))
    os.utime(file, times=(time() - hours_ago * 3600,) * 2)
    return run("import_credentials", "gcp-keys", str(file))


def test_file_that_was_imported_before_counts_as_observed_then(file: Path) -> None:
    import_keys(file, disabled=False)
    first = Credential.objects.get().observed_at

    again = import_keys(file, disabled=False)

    assert "        1 unchanged\n" in again.out
    assert Credential.objects.get().observed_at == first
    import_keys(file, disabled=True)
    back = import_keys(file, disabled=False)
    assert "        1 of the unchanged have a later observation already\n" in back.out
    assert Credential.objects.get().state == "disabled"


def test_file_without_a_time_is_not_younger_than_its_last_change(file: Path) -> None:
    import_keys(file, disabled=True, hours_ago=1)

    import_keys(file, disabled=False, hours_ago=2)

    record = Credential.objects.get()
    assert (record.state, (timezone.now() - record.observed_at) // timedelta(hours=1)) == ("disabled", 1)


def test_empty_list_that_was_imported_before_disables_what_came_since(file: Path) -> None:
    def import_none() -> Ran:
        file.write_text("[]")
        return run("import_credentials", "gcp-keys", str(file), "--scope", KEYS.removeprefix("gcp:"))

    import_none()
    import_keys(file, disabled=False)

    assert "        1 disabled" in import_none().out
