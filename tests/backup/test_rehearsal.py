"""The rehearsal: a backup under eight clients, restored on another server and checked there."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

from tests.backup.conftest import PrintAtEnd, Scripts, on_postgresql
from tests.backup.guarded import PASSWORD, QUOTED_PASSWORD, guarded_server
from tests.boundary.fault_server import FaultServer, answering
from tests.configuration.conftest import VALID, manage_all
from tests.configuration.serving import serving
from tests.conftest import report
from tests.torture.conftest import model_settings
from tests.torture.ledgers import (
    close_interrupted,
    count_ended_twice,
    count_missing,
    count_running,
    keep_history,
    query,
    rows,
    trace_ids,
)
from tests.torture.model_server import answer_slowly
from tests.torture.servers import CLIENTS, Load, eight_clients, serve_in_own_session, wait_until

BEFORE = 40
GRACE_SECONDS = 2.1
REPLAYED = re.compile(r"^Replayed [1-9]\d* completed decisions under policy@2; 0 would not hold\.$", re.MULTILINE)
FORBIDDEN_UPDATE = "UPDATE traces_tracerecord SET decision = 'eligible' WHERE status <> 'running'"


@pytest.fixture
def model() -> Iterator[FaultServer]:
    with answering(answer_slowly) as server:
        yield server


@pytest.fixture
def served(tmp_path: Path, scripts: Scripts, model: FaultServer) -> dict[str, str]:
    """The variables of a real web server, without its database."""
    (tmp_path / "temporary").mkdir()
    plain = {"ALLOWED_HOSTS": "127.0.0.1", "HTTPS": "false", "ACCESS": "open", "TMPDIR": str(tmp_path / "temporary")}
    return VALID | plain | model_settings(model) | {"PATH": os.environ["PATH"]}


def prepare(environment: dict[str, str]) -> None:
    run = manage_all("migrate", "load_demo_records", environment=environment)
    assert run.returncode == 0, run.stderr
    keep_history(environment["DATABASE_URL"])


def back_up_under_load(scripts: Scripts, folder: Path, environment: dict[str, str]) -> tuple[Load, Load]:
    """Back up while eight clients send. Return their responses before the backup, and all of them."""
    load = Load()
    with serve_in_own_session(folder, environment) as server, eight_clients(server, load):
        assert wait_until(lambda: len(load.acknowledged) >= BEFORE, seconds=30), load.refusals
        before = Load(acknowledged=dict(load.acknowledged))
        run = scripts.run("backup.sh", folder / "backup", **environment)
        during = len(load.acknowledged) - len(before.acknowledged)
        assert wait_until(lambda: len(load.acknowledged) > during + BEFORE, seconds=30)
    assert (run.returncode, run.stderr) == (0, "")
    assert during > 0
    assert set(load.statuses) == {200}
    return before, load


@on_postgresql
def test_backup_under_load_is_restored_on_another_server(
    tmp_path: Path, served: dict[str, str], scripts: Scripts, print_at_end: PrintAtEnd
) -> None:
    with guarded_server("rotation") as source, guarded_server("restorer") as target:
        prepare(served | {"DATABASE_URL": source})
        before, load = back_up_under_load(scripts, tmp_path, served | {"DATABASE_URL": source})

        started = monotonic()
        run = scripts.run("restore.sh", tmp_path / "backup", **served | {"DATABASE_URL": target})
        seconds = monotonic() - started

        assert (run.returncode, run.stderr) == (0, ""), run.stdout
        assert REPLAYED.search(run.stdout)
        figures = compare_ledgers(before, load, source=source, target=served | {"DATABASE_URL": target})
        assert_service_works(tmp_path, served | {"DATABASE_URL": target})
    print_at_end(f"backup under load, 8 clients: {figures}, restored and proven in {seconds:.1f} s")
    called = scripts.log.read_text()
    assert called.count("pg_dump") == 1
    assert PASSWORD not in called
    assert QUOTED_PASSWORD not in called


def compare_ledgers(before: Load, load: Load, *, source: str, target: dict[str, str]) -> str:
    """Expect every row acknowledged before the backup, equal to the source, or interrupted if it was running."""
    url = target["DATABASE_URL"]
    sleep(GRACE_SECONDS)
    close_interrupted(target)
    in_source, restored = rows(source), rows(url)
    differ = [row["error_code"] for key, row in restored.items() if row != in_source[key]]
    figures = {
        "lost": count_missing(url, before.acknowledged),
        "changed": len(differ) - differ.count("interrupted"),
        "two endings": count_ended_twice(url),
        "running": count_running(url),
    }
    assert figures == {"lost": 0, "changed": 0, "two endings": 0, "running": 0}
    assert differ.count("interrupted") <= CLIENTS
    assert len(before.acknowledged) <= len(restored) < len(load.acknowledged)
    return (
        f"{len(before.acknowledged)} acknowledged before it, {len(load.acknowledged)} in all, "
        f"{len(restored)} rows in it, {len(differ)} caught running, "
        + ", ".join(f"{name} {count}" for name, count in figures.items())
    )


def assert_service_works(folder: Path, environment: dict[str, str]) -> None:
    """Expect that the guard works and new decisions are made."""
    url = environment["DATABASE_URL"]
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        query(url, FORBIDDEN_UPDATE)
    earlier = trace_ids(url)
    with serving(folder, environment) as server:
        assert server.ask("/readyz")[0] == 200
        assert server.ask("/rotation/decide", report())[0] == 200
    assert len(trace_ids(url) - earlier) == 1
