"""Under load: the old release, the migration, both releases, the new one, a rollback, and a new deploy."""

from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from tests.boundary.fault_server import FaultServer
from tests.rollback.conftest import PrintAtEnd, database_of, decide
from tests.rollback.releases import Release
from tests.rollback.traffic import Balancer, add_rows, stop
from tests.torture.ledgers import count_ended_twice, count_missing, count_running, keep_history, rows
from tests.torture.servers import ROTATION, Load, eight_clients, wait_until

ROWS = 50_000
RESPONSES = 100
# Rows are counted by submission key. The first decision and its copies have none.
WITHOUT_A_KEY = {None}


def test_deploy_rollback_and_deploy_lose_no_request(
    old: Release, new: Release, model: FaultServer, tmp_path: Path, print_at_end: PrintAtEnd
) -> None:
    load = Load(workflows=(ROTATION,))
    with database_of(old, tmp_path, model) as environment:
        url = environment["DATABASE_URL"]
        keep_history(url)
        new.succeed("collectstatic", "--noinput", environment=environment)
        deploy_and_roll_back(old, new, tmp_path, environment, load, print_at_end)

        lost = {
            "no answer": len(load.unanswered),
            "refused": len(load.refusals),
            "missing rows": count_missing(url, load.acknowledged),
            "rows without an answer": len(rows(url)) - len(load.acknowledged) - len(WITHOUT_A_KEY),
            "two endings": count_ended_twice(url),
            "running": count_running(url),
        }
        print_at_end(
            f"deploy, rollback, deploy: {len(load.acknowledged)} decisions of 8 clients, {len(rows(url))} rows: "
            + ", ".join(f"{name} {count}" for name, count in lost.items())
        )
        assert set(lost.values()) == {0}
        assert "; 0 would not hold" in new.succeed("recheck", environment=environment)


def deploy_and_roll_back(
    old: Release, new: Release, folder: Path, environment: dict[str, str], load: Load, print_at_end: PrintAtEnd
) -> None:
    """Add a server when it is ready, and remove one before it stops, as a deploy does."""
    with ExitStack() as servers:
        serving = servers.enter_context(old.serving(folder, environment))
        decide(serving)
        add_rows(environment["DATABASE_URL"], ROWS)
        balancer = Balancer.of_servers(serving)
        with eight_clients(balancer, load):
            wait_for_responses(load)
            migrate_under_load(new, environment, balancer, print_at_end)
            for release in (new, old, new):
                starting = servers.enter_context(release.serving(folder, environment))
                assert starting.ask("/readyz")[0] == 200
                for shares in ((starting, serving), (starting,)):
                    balancer.send_to(*shares)
                    wait_for_responses(load)
                assert stop(serving) == 0
                serving = starting


def wait_for_responses(load: Load) -> None:
    """Wait until the clients have got 100 more responses."""
    before = len(load.statuses)
    assert wait_until(lambda: len(load.statuses) >= before + RESPONSES, seconds=60)


def migrate_under_load(new: Release, environment: dict[str, str], balancer: Balancer, print_at_end: PrintAtEnd) -> None:
    before, started = len(balancer.seconds), monotonic()
    new.succeed("migrate", environment=environment)
    print_at_end(
        f"migrate under 8 clients on {ROWS:,} rows: {monotonic() - started:.1f} s, "
        f"{len(balancer.seconds) - before} answers meanwhile, the slowest after "
        f"{balancer.slowest_since(before) * 1000:,.0f} ms"
    )
