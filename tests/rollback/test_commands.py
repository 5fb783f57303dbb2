"""The commands of the old release on the new schema, and of the new one on what the old one wrote there."""

from pathlib import Path

import pytest

from tests.rollback.conftest import Pair, Site, Tell, decide
from tests.rollback.releases import Release
from tests.rollback.traffic import execute
from tests.torture.ledgers import query, running
from tests.torture.servers import Load, eight_clients, kill, wait_until

# A row may be closed after a decision of one second at most and one second of grace.
OVERDUE_SECONDS = 30


def crash(release: Release, folder: Path, environment: dict[str, str]) -> int:
    """Kill a server while it decides, and return how many rows it left running."""
    with release.serving(folder, environment) as server, eight_clients(server, Load()):
        assert wait_until(lambda: running(environment["DATABASE_URL"]) > 3, seconds=30)
        kill(server)
    return running(environment["DATABASE_URL"])


@pytest.mark.parametrize(("crashing", "closing"), [("old", "new"), ("new", "old")])
def test_rows_that_one_left_running_are_closed_by_the_other(
    site: Site, old: Release, new: Release, tmp_path: Path, tell: Tell, crashing: str, closing: str
) -> None:
    releases = {"old": old, "new": new}
    left = crash(releases[crashing], tmp_path, site.environment)

    def closed() -> bool:
        releases[closing].succeed("close_interrupted", environment=site.environment)
        return not running(site.url)

    assert wait_until(closed, OVERDUE_SECONDS)
    tell(f"kill -9 of the {crashing} release: {left} rows left running, all closed by the {closing} one")


def test_the_old_migrate_has_nothing_to_do_and_does_no_harm(site: Site, old: Release, new: Release) -> None:
    before = query(site.url, "SELECT app, name FROM django_migrations ORDER BY id")

    told = old.succeed("migrate", environment=site.environment)

    assert "No migrations to apply" in told
    assert query(site.url, "SELECT app, name FROM django_migrations ORDER BY id") == before
    assert "migrations" in new.succeed("doctor", environment=site.environment)


def test_the_old_gate_runs_on_the_new_schema(site: Site, old: Release) -> None:
    run = old.manage("eval", "--provider", "rules", "--split", "gate", environment=site.environment)

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_new_release_has_nothing_to_mend_on_what_the_old_one_wrote(
    both: Pair, site: Site, new: Release, tell: Tell
) -> None:
    decide(both.old)

    told = new.succeed("doctor", environment=site.environment)
    checked = new.succeed("recheck", environment=site.environment)

    tell(f"after all of it: {checked.strip()}")
    assert "FAIL" not in told
    assert "; 0 would not hold" in checked


@pytest.mark.parametrize("release", ["old", "new"])
def test_a_final_row_is_guarded_whoever_migrated_last(site: Site, old: Release, new: Release, release: str) -> None:
    {"old": old, "new": new}[release].succeed("migrate", environment=site.environment)

    with pytest.raises(Exception, match="a terminal trace is final"):
        execute(site.url, "UPDATE traces_tracerecord SET model = 'x' WHERE status = 'completed'")
