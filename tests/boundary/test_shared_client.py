"""The process has one client, built from its settings, and none under test."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django import Settings

from boundary import client as client_module
from boundary.client import ModelCallsForbidden, shared_client
from rotation.models import Credential
from tests.boundary.conftest import KEY, Serve
from tests.boundary.fault_server import FaultServer, completion, say_json
from tests.conftest import Decide
from tests.fakes import answer

pytestmark = pytest.mark.any_database


@pytest.fixture
def shared(settings: Settings, serve: Serve) -> Iterator[FaultServer]:
    """A server that the settings name, in a process whose client is not built yet."""
    server = serve(say_json(completion(answer())))
    settings.ALLOW_MODEL_CALLS = True
    settings.DECISION_PROVIDER = "openai"
    settings.OPENAI_BASE_URL = server.url()
    settings.OPENAI_API_KEY = KEY
    settings.OPENAI_MODEL = "fake-model"
    client_module._build.cache_clear()
    yield server
    client_module._build().close()
    client_module._build.cache_clear()


def test_the_settings_choose_server_model_and_key_of_one_shared_client(
    shared: FaultServer, decide: Decide, credential: Credential
) -> None:
    with ThreadPoolExecutor(8) as threads:
        clients = set(threads.map(lambda _: shared_client(), range(8)))

    assert len(clients) == 1
    assert decide().json()["decision"] == "eligible"
    assert shared.requests[0].json["model"] == "fake-model"
    assert shared.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_no_test_asks_a_real_model() -> None:
    with pytest.raises(ModelCallsForbidden):
        shared_client()
