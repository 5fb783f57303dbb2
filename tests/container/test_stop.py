"""A deploy: each web is stopped under load, the other goes on."""

import json
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest

from tests.boundary.fault_server import FaultServer, completion, fault_server, say_json
from tests.container.conftest import Figure
from tests.container.podman import Podman
from tests.container.site import Site, site
from tests.fakes import answer
from tests.torture.ledgers import ended_twice, keep_history, missing, rows, running
from tests.torture.servers import Load, eight_clients, wait_until

SLOWEST_SECONDS = 1.5


def answering_slowly(connection: socket.socket) -> object:
    """Answer after a random while, so that a stop meets decisions that have just begun and some that have not."""
    sleep(random.uniform(0, SLOWEST_SECONDS))  # noqa: S311 - no secret
    return say_json(completion(answer()))(connection)


@pytest.fixture
def model() -> Iterator[FaultServer]:
    with fault_server(answering_slowly) as server:
        yield server


@pytest.fixture
def asking(podman: Podman, checkout: Path, model: FaultServer, tmp_path: Path) -> Iterator[Site]:
    """The site, asking a model."""
    asked = {"DECISION_PROVIDER": "openai", "OPENAI_MODEL": "fake-model", "OPENAI_BASE_URL": model.url()}
    with site(podman, checkout, tmp_path, **asked) as made:
        yield made


def test_a_stop_under_load_loses_nothing(asking: Site, model: FaultServer, figure: Figure) -> None:
    url, load, codes, turned_away = asking.database_url, Load(), [], []
    keep_history(url)
    with eight_clients(asking, load):
        for web in asking.webs:
            sent = len(load.acknowledged)
            assert wait_until(lambda: len(load.acknowledged) > sent + 30, seconds=30)  # noqa: B023 - called at once
            # While the other one serves nobody is turned away.
            turned_away += [*load.refusals]
            codes.append(web.stop())
    told = endings(url, load) | {"turned away": len(turned_away)}

    names = ", ".join(f"{name} {count}" for name, count in told.items())
    figure(f"SIGTERM: {len(load.acknowledged)} decisions, 2 containers stopped, exit codes {codes}: {names}")
    assert codes == [0, 0]
    assert set(told.values()) == {0}
    assert len(model.requests) == len(load.acknowledged)
    lines = asking.printed_lines()
    assert {type(json.loads(line)) for line in lines} == {dict}
    assert [word for word in asking.secret_words() if word in "\n".join(lines)] == []


def endings(url: str, load: Load) -> dict[str, int]:
    """Compare what the clients were told with what the ledger holds; each of these should be none."""
    return {
        "lost": len(load.unanswered),
        "missing": missing(url, load.acknowledged),
        "unheard rows": len(rows(url)) - len(load.acknowledged),
        "two endings": ended_twice(url),
        "running": running(url),
    }
