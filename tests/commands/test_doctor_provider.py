"""`doctor` connects to the provider, sends nothing, and reports the step that failed."""

import socket
from collections.abc import Callable, Iterator
from time import monotonic

import pytest
from pytest_django import Settings

from boundary.reach import trouble_reaching
from tests.boundary.fault_server import fault_server
from tests.commands.conftest import run
from tests.commands.test_doctor import result_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

Configure = Callable[[str], None]
KEY = "sk-canary-key"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server


@pytest.fixture
def configure(settings: Settings) -> Configure:
    """Return a function that configures a model at an address."""

    def set_url(url: str) -> None:
        settings.DECISION_PROVIDER, settings.OPENAI_MODEL = "openai", "model-1"
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = KEY, url

    return set_url


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def test_with_the_rules_no_model_is_called() -> None:
    assert result_of("provider") == ("ok", "rules: no model is called, a few rules over the text decide.")


def test_doctor_connects_to_the_provider_and_sends_nothing(listener: socket.socket, configure: Configure) -> None:
    configure(f"http://127.0.0.1:{port_of(listener)}/v1")

    ran = run("doctor")

    caller, _ = listener.accept()
    with caller:
        assert caller.recv(1) == b""
    assert f"127.0.0.1:{port_of(listener)} takes a connection; model-1 was not called." in ran.out
    assert KEY not in ran.out


def test_a_provider_that_is_down_fails(listener: socket.socket, configure: Configure) -> None:
    port = port_of(listener)
    listener.close()
    configure(f"http://127.0.0.1:{port}/v1")

    assert result_of("provider") == ("FAIL", f"127.0.0.1:{port} cannot be reached: it takes no connection.")


def test_a_provider_without_tls_fails_if_tls_is_configured(configure: Configure) -> None:
    with fault_server(lambda connection: connection.sendall(b"no TLS\r\n"), at_once=True) as server:
        configure(server.url("https"))

        result, sentence = result_of("provider")

    assert result == "FAIL"
    assert sentence == f"127.0.0.1:{server.port} cannot be reached: its TLS or its certificate fails."


def test_a_provider_that_sends_nothing_times_out(listener: socket.socket) -> None:
    began = monotonic()

    trouble = trouble_reaching(f"https://127.0.0.1:{port_of(listener)}/v1", seconds=0.2)

    assert trouble == "its TLS or its certificate fails within 0.2 s"
    assert monotonic() - began < 5


def test_an_unknown_host_name_is_reported(configure: Configure) -> None:
    configure("https://no-such-host.invalid/v1")

    result, sentence = result_of("provider")

    assert (result, sentence[:44]) == ("FAIL", "no-such-host.invalid:443 cannot be reached: ")
