import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from pytest_django import Settings

from boundary.chat import CHAT
from boundary.client import ModelClient
from boundary.exchange import Question, Wire
from boundary.failures import ProviderFailure
from decisions import providers
from decisions.providers import ModelProvider
from decisions.workflow import Workflow
from tests.boundary.certificates import Certificate, self_signed
from tests.boundary.fault_server import Behaviour, FaultServer, fault_server

DEADLINE_SECONDS = 0.6
KEY = "sk-canary-key"
QUESTION = Question(system="Judge.", user="A report.", schema_name="answer", schema={"type": "object"})


class MakeClient(Protocol):
    def __call__(self, url: str, *, deadline_seconds: float = ..., wire: Wire = ...) -> ModelClient: ...


class Serve(Protocol):
    def __call__(
        self, behaviour: Behaviour, *, at_once: bool = ..., tls: ssl.SSLContext | None = ...
    ) -> FaultServer: ...


UseClient = Callable[[ModelClient], None]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server with this behaviour; it stops when the test ends."""
    with ExitStack() as servers:

        def start(behaviour: Behaviour, *, at_once: bool = False, tls: ssl.SSLContext | None = None) -> FaultServer:
            return servers.enter_context(fault_server(behaviour, at_once=at_once, tls=tls))

        yield start


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    with ExitStack() as clients:

        def make(url: str, *, deadline_seconds: float = DEADLINE_SECONDS, wire: Wire = CHAT) -> ModelClient:
            client = ModelClient(
                base_url=url,
                api_key=KEY,
                model="fake-model",
                max_completion_tokens=400,
                deadline_seconds=deadline_seconds,
                wire=wire,
            )
            clients.callback(client.close)
            return client

        yield make


@pytest.fixture
def use_client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> UseClient:
    """Let the interfaces of every workflow ask through this client."""

    def use(client: ModelClient) -> None:
        def provider(workflow: Workflow, version: str) -> ModelProvider[Any, Any]:
            return ModelProvider(client=client, prompt=workflow.prompts[version])

        monkeypatch.setitem(providers.PROVIDERS, "under-test", provider)
        settings.DECISION_PROVIDER = "under-test"

    return use


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate of localhost that this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    return certificate


def connections_left(server: FaultServer) -> int:
    """Count this process's established connections to the server, from the system's own table."""
    port = f":{server.port:04X} 01 "
    return sum(port in line for line in Path("/proc/net/tcp").read_text().splitlines())


def failure_of(client: ModelClient, question: Question = QUESTION) -> type[ProviderFailure] | None:
    try:
        client.ask(question)
    except ProviderFailure as failure:
        return type(failure)
    return None
