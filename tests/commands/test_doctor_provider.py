"""`doctor` connects to the provider, asks it nothing and says at which step it failed."""

import socket
from collections.abc import Callable, Iterator
from time import monotonic

import pytest
from pytest_django import Settings

from config.reach import trouble_reaching
from tests.boundary.fault_server import fault_server
from tests.commands.conftest import run
from tests.commands.test_doctor import told

pytestmark = pytest.mark.django_db

Ask = Callable[[str], None]
KEY = "sk-canary-key"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server


@pytest.fixture
def ask(settings: Settings) -> Ask:
    """Configure a model at this address."""

    def configure(url: str) -> None:
        settings.DECISION_PROVIDER, settings.OPENAI_MODEL = "openai", "model-1"
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = KEY, url

    return configure


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def test_the_rules_say_that_no_model_is_called() -> None:
    assert told("provider") == ("ok", "rules: no model is called, a few rules over the text decide.")


def test_a_provider_is_connected_to_and_told_nothing(listener: socket.socket, ask: Ask) -> None:
    ask(f"http://127.0.0.1:{port_of(listener)}/v1")

    ran = run("doctor")

    caller, _ = listener.accept()
    with caller:
        assert caller.recv(1) == b""
    assert f"127.0.0.1:{port_of(listener)} takes a connection; model-1 was not called." in ran.out
    assert KEY not in ran.out


def test_a_provider_that_is_away_fails(listener: socket.socket, ask: Ask) -> None:
    port = port_of(listener)
    listener.close()
    ask(f"http://127.0.0.1:{port}/v1")

    assert told("provider") == ("FAIL", f"127.0.0.1:{port} cannot be reached: it takes no connection.")


def test_a_provider_without_tls_fails_where_tls_is_asked(ask: Ask) -> None:
    with fault_server(lambda connection: connection.sendall(b"no TLS\r\n"), at_once=True) as server:
        ask(server.url("https"))

        result, sentence = told("provider")

    assert (result, sentence) == (
        "FAIL",
        f"127.0.0.1:{server.port} cannot be reached: its TLS or its certificate fails.",
    )


def test_a_provider_that_says_nothing_is_given_up(listener: socket.socket) -> None:
    began = monotonic()

    trouble = trouble_reaching("127.0.0.1", port_of(listener), tls=True, seconds=0.2)

    assert trouble == "its TLS or its certificate fails within 0.2 s"
    assert monotonic() - began < 5


def test_a_name_that_nobody_knows_is_told(ask: Ask) -> None:
    ask("https://no-such-host.invalid/v1")

    result, sentence = told("provider")

    assert (result, sentence[:44]) == ("FAIL", "no-such-host.invalid:443 cannot be reached: ")
