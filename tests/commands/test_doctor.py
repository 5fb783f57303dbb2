"""`doctor` reports on one screen what is wrong, and exits with 1 only if something must be fixed."""

import json
import os
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django import Settings

from access.audit import AuditLine
from evals.cases import load_suite
from evals.gates import load_gate
from evals.suites import known_suites
from tests.commands.conftest import Terminal, database_that_fails, run, start, started
from tests.evals.test_history import run as eval_run
from tests.interfaces.conftest import ledger_refusing
from tests.ledger.rows import RUNNING_ROW
from tickets.models import Ticket
from traces.connections import NOBODY_LISTENS
from traces.fingerprints import FingerprintKey
from traces.guard import TABLE, TRIGGER
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

NAMES = [
    *("environment", "fingerprints", "provider", "encryption", "limits", "database", "permissions", "migrations"),
    *("guard", "ledger", "log", "eval", "running", "freshness", "records", "retention", "checks"),
]


def result_of(name: str) -> tuple[str, str]:
    [finding] = [each for each in findings() if each["name"] == name]
    return finding["result"], finding["sentence"]


def findings() -> list[dict[str, str]]:
    ran = run("doctor", "--json")
    document = json.loads(ran.out)
    found: list[dict[str, str]] = document["findings"]
    assert ran.code == (0 if document["healthy"] else 1)
    assert document["healthy"] == all(finding["result"] != "FAIL" for finding in found)
    return found


def lines_of(out: str) -> dict[str, tuple[str, str]]:
    """Return the result and the sentence of each line by its name."""
    lines = (line.split(maxsplit=2) for line in out.splitlines())
    return {name: (result, sentence) for result, name, sentence in lines}


def test_each_check_has_a_line_with_a_result_and_a_sentence_and_json_has_the_same() -> None:
    ran = run("doctor")

    lines = lines_of(ran.out)
    assert list(lines) == NAMES
    assert {result for result, _ in lines.values()} <= {"ok", "warn"}
    assert all(sentence.endswith(".") for _, sentence in lines.values())
    assert (ran.code, ran.err) == (0, "")
    assert {each["name"]: (each["result"], each["sentence"]) for each in findings()} == lines


def test_nothing_is_changed() -> None:
    started(days_ago=1, row=RUNNING_ROW)
    before = list(TraceRecord.objects.values())

    run("doctor")

    assert list(TraceRecord.objects.values()) == before


def test_colours_are_for_a_terminal_only() -> None:
    assert "\x1b[" in run("doctor", out=Terminal(), force_color=True).out
    assert "\x1b[" not in run("doctor", out=StringIO(), force_color=True).out
    assert "\x1b[" not in run("doctor", out=Terminal(), no_color=True).out


def test_settings_for_demos_are_a_warning(settings: Settings) -> None:
    settings.RELEASE = "1.2.3"
    for https, debug, result in (("on", "off", "ok"), ("off", "off", "warn"), ("on", "on", "warn")):
        settings.HTTPS, settings.DEBUG = https == "on", debug == "on"
        sentence = f"Release 1.2.3, ACCESS open, HTTPS {https}, DEBUG {debug}."
        assert result_of("environment") == (result, sentence)


def test_the_number_of_fingerprint_keys_and_the_one_that_writes_are_reported(settings: Settings) -> None:
    settings.FINGERPRINT_KEYS = (FingerprintKey("new", "canary-1"),)
    assert result_of("fingerprints") == ("ok", "1 key: new.")

    settings.FINGERPRINT_KEYS += (FingerprintKey("old", "canary-2"),)
    assert result_of("fingerprints") == ("ok", "2 keys: new writes, all look up.")


@pytest.mark.parametrize(
    ("access", "own", "total", "result", "word"),
    [
        ("members", None, None, "ok", "None"),
        ("members", 5, None, "ok", "each submitter."),
        ("members", 5, 50, "ok", "for all"),
        ("members", None, 50, "warn", "One submitter"),
        ("open", 5, None, "warn", "fresh browser"),
        ("open", 5, 50, "ok", "for all"),
    ],
)
def test_limits_that_can_be_avoided_are_a_warning(
    settings: Settings, *, access: str, own: int | None, total: int | None, result: str, word: str
) -> None:
    settings.ACCESS = access
    settings.SUBMITTER_DECISIONS_PER_DAY, settings.DECISIONS_PER_DAY = own, total

    assert (result_of("limits")[0], word in result_of("limits")[1]) == (result, True)


@pytest.mark.any_database
def test_a_file_that_others_may_use_is_a_warning_and_is_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", f"{tmp_path}/db")
    (tmp_path / "db").touch(0o600)
    assert result_of("permissions") == ("ok", "Only their owner may use the files of SQLite.")

    for name, mode in (("db-shm", 0o604), ("db-wal", 0o640), ("db", 0o666)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
        sentence = f"Others than the owner may use {name}; run chmod 600 on them."
        assert result_of("permissions") == ("warn", sentence)
        assert (tmp_path / name).stat().st_mode & 0o777 == mode
        (tmp_path / name).chmod(0o600)


def test_a_migration_that_is_not_applied_fails() -> None:
    assert result_of("migrations") == ("ok", "All are applied.")

    MigrationRecorder(connection).migration_qs.filter(app="evals").delete()

    result, sentence = result_of("migrations")
    assert result == "FAIL"
    assert sentence.endswith(" not applied; run manage.py migrate.")


def test_a_missing_trigger_fails() -> None:
    assert result_of("guard")[0] == "ok"

    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {TRIGGER}" + f" ON {TABLE}" * (connection.vendor == "postgresql"))

    assert result_of("guard") == (
        "FAIL",
        "A trigger that keeps terminal rows final is missing; run manage.py migrate.",
    )


def test_ledger_that_cannot_be_written_fails() -> None:
    assert result_of("ledger") == ("ok", "The ledger can be written.")

    with ledger_refusing("UPDATE"):
        result, sentence = result_of("ledger")

    assert (result, sentence[:41]) == ("FAIL", "The ledger cannot be written: the disk is")


@pytest.mark.any_database
def test_sqlite_has_no_log_to_look_at() -> None:
    assert result_of("log") == ("ok", "SQLite has no log of its own.")


@pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="the log is PostgreSQL's")
def test_values_in_the_log_of_postgresql_are_a_warning_until_its_settings_are_made() -> None:
    unsafe = (
        "log_parameter_max_length = -1",
        "log_parameter_max_length_on_error = -1",
        "log_error_verbosity = verbose",
    )
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {setting}" for setting in unsafe))
        warned, sentence = result_of("log")
        made = re.findall(r"(ALTER ROLE \S+ SET (.+?);)", sentence)
        for statement, setting in made:
            cursor.execute(f"{statement} SET LOCAL {setting}")

    assert (warned, len(made)) == ("warn", 3)
    assert result_of("log") == ("ok", "PostgreSQL is set to keep our values out of its log.")


def test_a_configuration_that_has_not_passed_the_gate_is_a_warning() -> None:
    result, sentence = result_of("eval")
    assert (result, sentence[:31]) == ("warn", "rotation_decision@1 on rules un")

    for suite in known_suites():
        rules, policy = suite.workflow.rules, suite.workflow.policy_version
        digests = {"suite_digest": load_suite(suite).digest, "gate_digest": load_gate(suite, "rules").digest}
        versions = {"prompt_version": rules.prompt_version, "policy_version": policy}
        eval_run(**digests, **versions, suite=suite.name, provider="rules", model="")

    assert result_of("eval") == ("ok", "What is configured passed the gate when it last ran.")


def test_an_overdue_trace_is_a_warning() -> None:
    assert result_of("running") == ("ok", "No trace is running.")

    young = started(row=RUNNING_ROW)
    assert result_of("running") == ("ok", f"The oldest, {young}, was started 0 s ago; 0 overdue.")

    late = started(days_ago=1, row=RUNNING_ROW)
    sentence = f"The oldest, {late}, was started 86,400 s ago; 1 overdue. Does cron, or upkeep, run close_interrupted?"
    assert result_of("running") == ("warn", sentence)


def test_a_trace_that_is_kept_too_long_is_a_warning(settings: Settings) -> None:
    settings.TRACE_RETENTION_DAYS = 7
    tickets = " Tickets are kept for 30 days; there is none. Lines of the audit are kept for 7 days; there is none."
    assert result_of("retention") == ("ok", "Traces are kept for 7 days; there is none." + tickets)

    started(days_ago=7.9)
    assert result_of("retention") == ("ok", "Traces are kept for 7 days; the oldest is 7 days old." + tickets)

    started(days_ago=8.1)
    sentence = "Traces are kept for 7 days, and the oldest is 8 days old. Does cron, or upkeep, run prune_traces?"
    assert result_of("retention") == ("warn", sentence + tickets)


def test_a_ticket_that_is_kept_too_long_is_a_warning(settings: Settings) -> None:
    settings.TICKET_RETENTION_DAYS = 7
    made_at = timezone.now() - timedelta(days=9)
    Ticket.objects.create(
        trace_id=new_trace_id(), category="order", priority="low", summary="Late.", created_at=made_at
    )

    result, sentence = result_of("retention")

    assert result == "warn"
    assert (
        "Tickets are kept for 7 days, and the oldest is 9 days old. Does cron, or upkeep, run prune_tickets?"
        in sentence
    )


def test_a_line_of_the_audit_that_is_kept_too_long_is_a_warning() -> None:
    AuditLine.objects.create(event="signed_in", way="site", at=timezone.now() - timedelta(days=92))

    result, sentence = result_of("retention")

    assert result == "warn"
    assert sentence.endswith(
        "Lines of the audit are kept for 90 days, and the oldest is 92 days old. Does cron, or upkeep, run prune_audit?"
    )


def test_an_error_of_the_system_checks_fails(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert result_of("checks")[0] == "warn"

    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", "on")

    result, sentence = result_of("checks")
    assert (result, sentence[:35]) == ("FAIL", "manage.py check --deploy: 1 error, ")
    assert "evals.W001" in sentence
    assert "traces.E001" in sentence


def test_a_database_that_is_down_fails_and_other_checks_still_run() -> None:
    with connection.execute_wrapper(database_that_fails):
        ran = run("doctor")

    lines = lines_of(ran.out)
    assert (ran.code, list(lines), ran.err) == (1, NAMES, "")
    assert lines["database"] == ("FAIL", f"{connection.display_name} does not answer (OperationalError).")
    assert lines["running"] == ("warn", "Not known while the database does not answer.")
    assert (lines["provider"][0], lines["checks"][0]) == ("ok", "warn")


def failing_process(url: str) -> tuple[str, str]:
    process = start("doctor", database_url=url)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    return out.decode(), err.decode()


@pytest.mark.any_database
def test_a_process_without_its_database_reports_the_rest_and_another_command_says_why_it_ends() -> None:
    url = "postgresql://127.0.0.1:1/away"
    # Both wait for the pool at the same time.
    with start("create_operator", "--skip-checks", database_url=url) as other:
        out, err = failing_process(url)
        told, refused = (each.decode() for each in other.communicate(timeout=30))

    assert list(lines_of(out)) == NAMES
    assert lines_of(out)["database"] == ("FAIL", f"PostgreSQL does not answer (OperationalError). {NOBODY_LISTENS}")
    assert (other.returncode, told, refused.splitlines()[-1]) == (2, "", f"PostgreSQL cannot be used. {NOBODY_LISTENS}")
    assert "Traceback" not in out + err + refused


@pytest.mark.any_database
def test_a_database_without_tables_is_reported_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite3").touch()

    out, err = failing_process(f"sqlite:///{tmp_path}/empty.sqlite3")

    failed = {name for name, (result, _) in lines_of(out).items() if result == "FAIL"}
    assert (failed, err) == ({"migrations", "guard", "ledger", "running", "freshness", "retention"}, "")


@pytest.mark.any_database
def test_a_missing_file_is_reported_and_not_created(tmp_path: Path) -> None:
    out, err = failing_process(f"sqlite:///{tmp_path}/mistyped.sqlite3")

    assert list(lines_of(out)) == NAMES
    assert "Traceback" not in out + err
    assert "There is no such file" in out
    assert list(tmp_path.iterdir()) == []
