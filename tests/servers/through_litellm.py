"""
Decide through a real LiteLLM proxy, which speaks to strict servers: `make litellm-check`.

The proxy is in a virtual environment of its own and no dependency of the service.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.boundary.fault_server import Behaviour, Request, answering, http, say
from tests.configuration.serving import prepared, serving
from tests.conftest import report
from tests.ports import free_port
from tests.servers.answers import MODEL
from tests.servers.cases import SETTINGS_OF_ALL
from tests.servers.real import AZURE, KEY, MISTRAL, VLLM, of_azure
from tests.servers.strict import StrictServer, at, header
from tests.tickets.conftest import ANSWER, TEXT

pytestmark = pytest.mark.any_database

START_SECONDS = 120
VERSION = "2024-10-21"
DEPLOYMENT = f"/openai/deployments/{MODEL}/chat/completions?api-version={VERSION}"
# What LiteLLM is told of each server beside its address and key, and the server.
BEHIND: dict[str, tuple[dict[str, object], StrictServer]] = {
    "plain": ({"model": f"openai/{MODEL}"}, VLLM),
    "azure": (
        {"model": f"azure/{MODEL}", "api_version": VERSION},
        replace(AZURE, rules=(at(DEPLOYMENT, of_azure(404)), header("api-key", KEY, of_azure(401))), base=""),
    ),
    "mistral": ({"model": f"mistral/{MODEL}", "drop_params": True}, MISTRAL),
}


@contextmanager
def proxy(models: dict[str, dict[str, object]]) -> Iterator[str]:
    """Start the proxy with these models. Yield its address."""
    port, program = free_port(), Path(os.environ["LITELLM"]).absolute()
    listed = [{"model_name": name, "litellm_params": parameters} for name, parameters in models.items()]
    with TemporaryDirectory() as folder, (Path(folder) / "printed").open("wb") as printed:
        config = Path(folder) / "config.yaml"
        # JSON is YAML.
        config.write_text(json.dumps({"model_list": listed, "general_settings": {"master_key": KEY}}))
        command = [
            str(program),
            "--config",
            str(config),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--telemetry",
            "False",
        ]
        # In its other mode it reads the .env of the demo, whose database it cannot use.
        alone = {"LITELLM_MODE": "PRODUCTION", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        environment = {"PATH": os.environ["PATH"], "HOME": folder, **alone}
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=printed, stderr=printed)
        try:
            _wait_until_alive(port, process)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_until_alive(port: int, process: subprocess.Popen[bytes]) -> None:
    latest = monotonic() + START_SECONDS
    while process.poll() is None and monotonic() < latest:
        try:
            urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=5).close()
        except (URLError, OSError):
            sleep(0.5)
        else:
            return
    pytest.fail("the proxy did not start")


def answer_or_refuse(server: StrictServer, request: Request) -> Behaviour:
    """LiteLLM also looks for a list of models, which not every server has."""
    return server(request) if request.body else say(http(404, b"{}"))


def test_decisions_are_made_through_the_proxy(tmp_path: Path, demo_database: str) -> None:
    made: dict[str, tuple[str, str]] = {}
    with ExitStack() as running:
        models = {}
        for name, (parameters, server) in BEHIND.items():
            behind = running.enter_context(answering(partial(answer_or_refuse, server)))
            address = f"http://127.0.0.1:{behind.port}{server.base}"
            models[name] = {**parameters, "api_base": address, "api_key": KEY}
        url = running.enter_context(proxy(models))
        environment = running.enter_context(prepared(tmp_path, demo_database))
        for name in BEHIND:
            asking = SETTINGS_OF_ALL | {"OPENAI_BASE_URL": url, "OPENAI_MODEL": name, "OPENAI_SERVER": "litellm"}
            with serving(tmp_path, environment | asking | {"WEB_CONCURRENCY": "1"}) as service:
                _, rotation = service.ask("/rotation/decide", report())
                _, ticket = service.ask("/tickets/extract", {"text": TEXT})
            made[name] = rotation, ticket
            print(f"\n{name}: {rotation} {ticket}")  # noqa: T201 - what the command prints

    for rotation, ticket in made.values():
        assert json.loads(rotation)["decision"] == "eligible"
        assert json.dumps(ANSWER["summary"]) in ticket
