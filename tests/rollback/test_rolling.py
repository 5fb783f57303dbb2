"""Under load all the way: the old release, a migration, both, the new one, and back, and forth again."""

from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from tests.boundary.fault_server import FaultServer
from tests.rollback.conftest import Tell, decide, made_by
from tests.rollback.releases import Release
from tests.rollback.traffic import Balancer, grow, stop
from tests.torture.ledgers import ended_twice, keep_history, missing, rows, running
from tests.torture.servers import Load, eight_clients, wait_until

ROWS = 50_000
ANSWERS = 100
# Rows by their submission key: the first decision and its copies have none.
WITHOUT_A_KEY = {None}


def test_a_deploy_a_rollback_and_a_deploy_lose_no_request(
    old: Release, new: Release, model: FaultServer, tmp_path: Path, tell: Tell
) -> None:
    load = Load()
    with made_by(old, tmp_path, model) as environment:
        url = environment["DATABASE_URL"]
        keep_history(url)
        new.succeed("collectstatic", "--noinput", environment=environment)
        go_there_and_back(old, new, tmp_path, environment, load, tell)

        lost = {
            "no answer": len(load.unanswered),
            "refused": len(load.refusals),
            "missing rows": missing(url, load.acknowledged),
            "unheard rows": len(rows(url)) - len(load.acknowledged) - len(WITHOUT_A_KEY),
            "two endings": ended_twice(url),
            "running": running(url),
        }
        tell(
            f"there, back and there: {len(load.acknowledged)} decisions of 8 clients, {len(rows(url))} rows: "
            + ", ".join(f"{name} {count}" for name, count in lost.items())
        )
        assert set(lost.values()) == {0}
        assert "; 0 would not hold" in new.succeed("recheck", environment=environment)


def go_there_and_back(
    old: Release, new: Release, folder: Path, environment: dict[str, str], load: Load, tell: Tell
) -> None:
    """Let a server in once it is ready, and take one out before it is stopped, as a deploy does."""
    with ExitStack() as servers:
        serving = servers.enter_context(old.serving(folder, environment))
        decide(serving)
        grow(environment["DATABASE_URL"], ROWS)
        balancer = Balancer.over(serving)
        with eight_clients(balancer, load):
            answered(load)
            migrate_under_load(new, environment, balancer, tell)
            for release in (new, old, new):
                coming = servers.enter_context(release.serving(folder, environment))
                assert coming.ask("/readyz")[0] == 200
                for shares in ((coming, serving), (coming,)):
                    balancer.send_to(*shares)
                    answered(load)
                assert stop(serving) == 0
                serving = coming


def answered(load: Load) -> None:
    """Wait until the clients got so many answers more."""
    before = len(load.statuses)
    assert wait_until(lambda: len(load.statuses) >= before + ANSWERS, seconds=60)


def migrate_under_load(new: Release, environment: dict[str, str], balancer: Balancer, tell: Tell) -> None:
    before, started = len(balancer.seconds), monotonic()
    new.succeed("migrate", environment=environment)
    tell(
        f"migrate under 8 clients on {ROWS:,} rows: {monotonic() - started:.1f} s, "
        f"{len(balancer.seconds) - before} answers meanwhile, the slowest after "
        f"{balancer.slowest_since(before) * 1000:,.0f} ms"
    )
