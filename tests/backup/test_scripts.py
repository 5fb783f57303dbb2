"""backup.sh and restore.sh: what they do, what they refuse, and their use with compose."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.backup.conftest import Scripts, on_postgresql
from tests.configuration.serving import empty_database
from tests.torture.ledgers import query

ROWS = "SELECT trace_id FROM traces_tracerecord ORDER BY trace_id"
NO_MANAGE = '#!/bin/sh\necho "$*"\n'


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[str]:
    """A database with two rows. One of them looks like the end of a table's data."""
    with empty_database(tmp_path) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE traces_tracerecord (trace_id text, status text)")
            connection.execute(r"INSERT INTO traces_tracerecord VALUES ('trace_1', 'failed'), (E'\\.', 'failed')")
        yield url


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[str]:
    with empty_database(tmp_path) as url:
        yield url


@pytest.fixture
def backup(scripts: Scripts, ledger: str, tmp_path: Path) -> Path:
    file = tmp_path / "a b.dump"
    made = scripts.run("backup.sh", file, DATABASE_URL=ledger)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith(f"Wrote {file}: 2 traces, ")
    return file


def run_restore(scripts: Scripts, file: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    manage = scripts.put("no-manage", NO_MANAGE)
    return scripts.run("restore.sh", file, PYTHON=str(manage), **environment)


@on_postgresql
def test_backup_is_restored_and_checked(scripts: Scripts, backup: Path, ledger: str, empty: str) -> None:
    run = run_restore(scripts, backup, DATABASE_URL=empty)

    assert query(empty, ROWS) == query(ledger, ROWS)
    assert run.stdout.splitlines() == [
        "Restored 2 traces.",
        "manage.py migrate --check",
        "manage.py close_interrupted --skip-checks",
        "manage.py recheck --skip-checks",
        "manage.py doctor",
    ]
    assert run.returncode == 0
    assert backup.stat().st_mode & 0o777 == 0o600


@on_postgresql
def test_database_that_is_not_empty_stays_unchanged(scripts: Scripts, backup: Path, empty: str) -> None:
    with psycopg.connect(empty) as connection:
        connection.execute("CREATE TABLE anything ()")

    run = run_restore(scripts, backup, DATABASE_URL=empty)

    assert (run.returncode, run.stdout) == (1, "")
    assert "The database is not empty: it holds 1 tables. Nothing was changed" in run.stderr
    assert query(empty, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("anything",)]


@on_postgresql
def test_truncated_backup_restores_nothing(scripts: Scripts, backup: Path, empty: str) -> None:
    whole = backup.read_bytes()
    backup.write_bytes(whole[:-200])

    run = run_restore(scripts, backup, DATABASE_URL=empty)

    assert (run.returncode, run.stdout) == (1, "")
    assert "is no whole backup; nothing was restored." in run.stderr
    assert query(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


@on_postgresql
def test_backup_of_another_release_names_the_next_commands(scripts: Scripts, backup: Path, empty: str) -> None:
    failing_python = scripts.put("behind", "#!/bin/sh\nexit 1\n")

    run = scripts.run("restore.sh", backup, DATABASE_URL=empty, PYTHON=str(failing_python))

    assert (run.returncode, run.stdout) == (1, "Restored 2 traces.\n")
    assert "run manage.py migrate, then close_interrupted, recheck and doctor." in run.stderr


@on_postgresql
def test_backup_never_overwrites_a_file(scripts: Scripts, backup: Path, ledger: str) -> None:
    before = backup.read_bytes()

    run = scripts.run("backup.sh", backup, DATABASE_URL=ledger)

    assert (run.returncode, backup.read_bytes()) == (1, before)
    assert "is there already; nothing was written." in run.stderr


@on_postgresql
def test_failed_backup_leaves_no_file(scripts: Scripts, empty: str, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()

    run = scripts.run("backup.sh", folder / "a.dump", DATABASE_URL=empty + "&application_name=a&port=1")

    assert run.returncode == 1
    assert "pg_dump failed; no backup was written." in run.stderr
    assert list(folder.iterdir()) == []


@on_postgresql
def test_scripts_use_the_postgres_container_of_compose(
    scripts: Scripts, backup: Path, ledger: str, empty: str, tmp_path: Path
) -> None:
    for url, script in ((ledger, "backup.sh"), (empty, "restore.sh")):
        parts = conninfo_to_dict(url)
        scripts.put_docker(
            PGHOST=str(parts["host"]), POSTGRES_USER=str(parts["user"]), POSTGRES_DB=str(parts["dbname"])
        )
        run = scripts.run(script, tmp_path / "composed.dump", DATABASE_URL="")
        assert (run.returncode, run.stderr) == (0, "")

    assert query(empty, ROWS) == query(ledger, ROWS)
    assert run.stdout.splitlines()[0] == "Restored 2 traces."
    assert run.stdout.splitlines()[-1] == "in compose: doctor"


@on_postgresql
def test_database_url_is_read_from_a_secret_file(scripts: Scripts, ledger: str, tmp_path: Path) -> None:
    (tmp_path / "database_url").write_text(f"{ledger}\n")

    run = scripts.run("backup.sh", tmp_path / "a.dump", DATABASE_URL="", SECRETS_DIR=str(tmp_path))

    assert run.stdout.startswith(f"Wrote {tmp_path}/a.dump: 2 traces, ")


def test_missing_argument_prints_the_usage(scripts: Scripts) -> None:
    for script in ("backup.sh", "restore.sh"):
        assert scripts.run(script).stderr == f"usage: sh deploy/{script} FILE\n"


def test_unusable_database_url_is_refused_and_not_printed(scripts: Scripts, tmp_path: Path) -> None:
    with_password = ("postgresql://u@h/d?password=canary", "postgresql://h/d?a=b&sslpassword=canary")

    for address in ("sqlite:////srv/canary.sqlite3", *with_password):
        run = scripts.run("backup.sh", tmp_path / "a.dump", DATABASE_URL=address)
        assert (run.returncode, run.stdout) == (1, ""), address
        assert run.stderr.startswith("DATABASE_URL: "), address
        assert "canary" not in run.stderr, address

    assert not scripts.log.exists()
