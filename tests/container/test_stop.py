"""A deploy: each web container is stopped under load while the other serves."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.boundary.fault_server import FaultServer, answering
from tests.container.conftest import Figure
from tests.container.podman import Podman
from tests.container.site import Site, site
from tests.torture.ledgers import count_ended_twice, count_missing, count_running, keep_history, rows
from tests.torture.model_server import answer_slowly
from tests.torture.servers import Load, eight_clients, wait_until

# A stop hits requests at every stage.
SLOWEST_SECONDS = 1.5


@pytest.fixture
def model() -> Iterator[FaultServer]:
    with answering(partial(answer_slowly, slowest_seconds=SLOWEST_SECONDS)) as server:
        yield server


@pytest.fixture
def site_with_model(podman: Podman, checkout: Path, model: FaultServer, tmp_path: Path) -> Iterator[Site]:
    """The site with a model."""
    variables = {"DECISION_PROVIDER": "openai", "OPENAI_MODEL": "fake-model", "OPENAI_BASE_URL": model.url()}
    with site(podman, checkout, tmp_path, **variables) as made:
        yield made


def test_stop_under_load_loses_nothing(site_with_model: Site, model: FaultServer, figure: Figure) -> None:
    url, load, codes, refused = site_with_model.database_url, Load(), [], []
    keep_history(url)
    with eight_clients(site_with_model, load):
        for web in site_with_model.webs:
            sent = len(load.acknowledged)
            assert wait_until(lambda: len(load.acknowledged) > sent + 30, seconds=30)  # noqa: B023 - called at once
            # The other container still serves, so no request may be refused.
            refused += [*load.refusals]
            codes.append(web.stop())
    figures = count_differences(url, load) | {"refused": len(refused)}

    names = ", ".join(f"{name} {count}" for name, count in figures.items())
    figure(f"SIGTERM: {len(load.acknowledged)} decisions, 2 containers stopped, exit codes {codes}: {names}")
    assert codes == [0, 0]
    assert set(figures.values()) == {0}
    assert len(model.requests) == len(load.acknowledged)
    lines = site_with_model.printed_lines()
    assert {type(json.loads(line)) for line in lines} == {dict}
    assert [word for word in site_with_model.forbidden_words() if word in "\n".join(lines)] == []


def count_differences(url: str, load: Load) -> dict[str, int]:
    """Compare the clients' responses with the ledger. Each number should be 0."""
    return {
        "lost": len(load.unanswered),
        "missing": count_missing(url, load.acknowledged),
        "rows without an answer": len(rows(url)) - len(load.acknowledged),
        "two endings": count_ended_twice(url),
        "running": count_running(url),
    }
