"""Each profile decides through the real web server, under every prompt of both workflows."""

import json
from pathlib import Path

import pytest

from tests.boundary.fault_server import answering
from tests.configuration.serving import prepared, serving
from tests.conftest import report
from tests.servers.cases import SETTINGS_OF_ALL
from tests.servers.real import PROFILES
from tests.tickets.conftest import ANSWER, TEXT
from tests.torture.conftest import LONG

pytestmark = pytest.mark.any_database

# The server's start costs seconds, so the short form tries the profile that differs most, under the larger prompts.
TRIED = PROFILES if LONG else ("azure, deployment path",)
VERSIONS = (2, 1) if LONG else (2,)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", TRIED)
def test_a_profile_decides_through_the_real_web_server(
    name: str, version: int, tmp_path: Path, demo_database: str
) -> None:
    profile = PROFILES[name]
    with answering(profile.server) as model, prepared(tmp_path, demo_database) as environment:
        prompts = {"ROTATION_PROMPT": f"rotation_decision@{version}", "TICKETS_PROMPT": f"ticket_extract@{version}"}
        address = f"http://127.0.0.1:{model.port}{profile.server.base}"
        asking = SETTINGS_OF_ALL | {"OPENAI_BASE_URL": address, "WEB_CONCURRENCY": "1", **profile.settings}
        with serving(tmp_path, environment | prompts | asking) as server:
            _, rotation = server.ask("/rotation/decide", report())
            _, ticket = server.ask("/tickets/extract", {"text": TEXT})
        printed = server.printed.read_text()

    assert json.loads(rotation)["decision"] == "eligible"
    assert json.dumps(ANSWER["summary"]) in ticket
    assert len(model.requests) == 2
    assert "canary" not in printed
