"""Kill the whole server with SIGKILL again and again while eight clients send."""

import random
from pathlib import Path
from time import sleep

from tests.torture.conftest import Promise, sized
from tests.torture.ledgers import (
    close_interrupted,
    count_ended_twice,
    count_missing,
    count_parted,
    count_running,
    keep_history,
    rows,
)
from tests.torture.servers import Load, eight_clients, kill, serve_in_own_session, wait_until

KILLS = sized(1, 100)
GRACE_SECONDS = 2.1


def test_kill_9_loses_no_answer_and_leaves_no_row_running(
    tmp_path: Path, environment: dict[str, str], promise: Promise
) -> None:
    url, load = environment["DATABASE_URL"], Load()
    keep_history(url)
    for _ in range(KILLS):
        with serve_in_own_session(tmp_path, environment) as server, eight_clients(server, load):
            sent = len(load.acknowledged)
            assert wait_until(lambda: len(load.acknowledged) > sent, seconds=30)  # noqa: B023 - called at once
            sleep(random.uniform(0, 0.4))  # noqa: S311 - no secret
            kill(server)
    left = count_running(url)
    sleep(GRACE_SECONDS)
    close_interrupted(environment)

    figures = {
        "missing": count_missing(url, load.acknowledged),
        "parted tickets": count_parted(url, load.acknowledged),
        "two endings": count_ended_twice(url),
        "running after grace": count_running(url),
    }
    promise(
        2,
        f"kill -9: {KILLS} kills, 8 clients, {len(load.acknowledged)} acknowledged, {len(rows(url))} rows, "
        f"{left} left running, " + ", ".join(f"{name} {count}" for name, count in figures.items()),
    )
    assert len(load.acknowledged) >= KILLS
    assert set(load.statuses) == {200}
    assert figures == {"missing": 0, "parted tickets": 0, "two endings": 0, "running after grace": 0}
