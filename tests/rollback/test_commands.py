"""Commands of the old release on the new schema, and of the new release on rows of the old one."""

from pathlib import Path

import pytest

from tests.rollback.conftest import PrintAtEnd, Servers, Site, decide
from tests.rollback.releases import Release
from tests.rollback.traffic import execute
from tests.torture.ledgers import count_running, query
from tests.torture.servers import ROTATION, Load, eight_clients, kill, wait_until

# A row can be closed after one second for the decision and one second of grace.
OVERDUE_SECONDS = 30


def crash(release: Release, folder: Path, environment: dict[str, str]) -> int:
    """Kill a server while it decides, and return how many rows it left running."""
    with release.serving(folder, environment) as server, eight_clients(server, Load(workflows=(ROTATION,))):
        assert wait_until(lambda: count_running(environment["DATABASE_URL"]) > 3, seconds=30)
        kill(server)
    return count_running(environment["DATABASE_URL"])


@pytest.mark.parametrize(("crashing", "closing"), [("old", "new"), ("new", "old")])
def test_running_rows_of_one_release_are_closed_by_the_other(
    site: Site, old: Release, new: Release, tmp_path: Path, print_at_end: PrintAtEnd, crashing: str, closing: str
) -> None:
    releases = {"old": old, "new": new}
    left = crash(releases[crashing], tmp_path, site.environment)

    def closed() -> bool:
        releases[closing].succeed("close_interrupted", environment=site.environment)
        return not count_running(site.url)

    assert wait_until(closed, OVERDUE_SECONDS)
    print_at_end(f"kill -9 of the {crashing} release: {left} rows left running, all closed by the {closing} one")


def test_migrate_of_the_old_release_changes_nothing(site: Site, old: Release, new: Release) -> None:
    before = query(site.url, "SELECT app, name FROM django_migrations ORDER BY id")

    output = old.succeed("migrate", environment=site.environment)

    assert "No migrations to apply" in output
    assert query(site.url, "SELECT app, name FROM django_migrations ORDER BY id") == before
    assert "migrations" in new.succeed("doctor", environment=site.environment)


def test_old_eval_gate_runs_on_the_new_schema(site: Site, old: Release) -> None:
    run = old.manage("eval", "--provider", "rules", "--split", "gate", environment=site.environment)

    assert run.returncode == 0, run.stdout + run.stderr


def test_new_release_accepts_what_the_old_one_wrote(
    servers: Servers, site: Site, new: Release, print_at_end: PrintAtEnd
) -> None:
    decide(servers.old)

    output = new.succeed("doctor", environment=site.environment)
    checked = new.succeed("recheck", environment=site.environment)

    print_at_end(f"after all of it: {checked.strip()}")
    assert "FAIL" not in output
    assert "; 0 would not hold" in checked


@pytest.mark.parametrize("release", ["old", "new"])
def test_final_rows_are_guarded_after_either_migrate(site: Site, old: Release, new: Release, release: str) -> None:
    {"old": old, "new": new}[release].succeed("migrate", environment=site.environment)

    with pytest.raises(Exception, match="a terminal trace is final"):
        execute(site.url, "UPDATE traces_tracerecord SET model = 'x' WHERE status = 'completed'")
