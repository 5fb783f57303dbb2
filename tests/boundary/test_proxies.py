"""Through a forward proxy: a question arrives, a proxy that fails has a code in time, and it reads nothing of https."""

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest
from pydantic import SecretStr
from pytest_django import Settings

from boundary.client import ModelClient
from boundary.failures import ProviderError, ProviderFailure, ProviderTimeout, ProviderUnreachable
from boundary.way_out import configured_way_out
from tests.boundary.certificates import Certificate
from tests.boundary.conftest import DEADLINE_SECONDS, KEY, QUESTION, Serve, failure_of
from tests.boundary.fault_server import completion, http, say_json
from tests.boundary.proxies import Speak, http_proxy, proxy, refusing, saying, silent, socks_proxy
from tests.boundary.test_faults import FAULTS
from tests.torture.conftest import LONG

pytestmark = pytest.mark.any_database

CREDENTIALS = "user:canary-of-proxy"
# (scheme of the proxy, what it speaks)
KINDS: dict[str, Speak] = {"http": http_proxy, "socks5": socks_proxy, "socks5h": socks_proxy}
THROUGH_PROXY = [name for name, (_, code) in FAULTS.items() if code.startswith("provider_")]
SAMPLE = ("400", "redirect", "too large", "closed amid the head", "reset amid the body")
MakeProxied = Callable[..., ModelClient]


@pytest.fixture
def through(settings: Settings) -> MakeProxied:
    """Make a client that asks through a proxy, of a server that trusts this certificate."""

    def make(url: str, proxy_address: str, trusted: Path | None = None, *, seconds: float = 5) -> ModelClient:
        settings.OPENAI_PROXY = SecretStr(proxy_address)
        settings.OPENAI_CA_FILE = str(trusted or "")
        return ModelClient(
            base_url=url, api_key=KEY, model="fake-model", max_completion_tokens=400, deadline_seconds=seconds,
            way_out=configured_way_out(),
        )  # fmt: skip

    return make


@pytest.mark.parametrize("credentials", ["", CREDENTIALS], ids=["open", "password"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_of_https_passes_on_what_it_cannot_read(
    kind: str, credentials: str, certificate: Certificate, serve: Serve, through: MakeProxied
) -> None:
    server = serve(say_json(completion("answered")), tls=certificate.server)
    with proxy(KINDS[kind], server.port, credentials=credentials) as way:
        address = f"{kind}://{credentials}{'@' if credentials else ''}127.0.0.1:{way.port}"
        # No direct route leads to this port.
        client = through("https://localhost:9/v1", address, certificate.file)
        assert [client.ask(QUESTION).answer for _ in range(2)] == ["answered"] * 2

    assert len(server.requests) == len(way.asked_for) == 2
    assert "proxy-authorization" not in server.requests[0].headers
    for secret in (KEY, QUESTION.system, QUESTION.user, "fake-model", "rotation-decisions"):
        assert secret.encode() not in way.read


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_of_http_is_asked_for_the_whole_address(kind: str, serve: Serve, through: MakeProxied) -> None:
    server = serve(say_json(completion("answered")))
    with proxy(KINDS[kind], server.port, credentials=CREDENTIALS) as way:
        client = through("http://model.invalid:81/v1", f"{kind}://{CREDENTIALS}@127.0.0.1:{way.port}")
        # Only the proxy can look this name up.
        ends = None if kind != "socks5" else ProviderUnreachable
        assert failure_of(client) is ends

    assert len(server.requests) == (ends is None)
    assert all("proxy-authorization" not in request.headers for request in server.requests)


FAILING: dict[str, tuple[Speak, str, type[ProviderFailure]]] = {
    "407": (refusing(407), "http", ProviderUnreachable),
    "403": (refusing(403), "http", ProviderUnreachable),
    "502": (refusing(502), "http", ProviderUnreachable),
    "wrong password": (http_proxy, "http", ProviderUnreachable),
    "wrong password, SOCKS": (socks_proxy, "socks5h", ProviderUnreachable),
    "HTTP that is taken for SOCKS": (saying(http(400)), "socks5h", ProviderUnreachable),
    "silence": (silent, "http", ProviderTimeout),
    "silence, SOCKS": (silent, "socks5h", ProviderTimeout),
    "silence, TLS": (silent, "https", ProviderTimeout),
    "closed": (lambda _proxy, _connection: None, "http", ProviderUnreachable),
    "closed, SOCKS": (lambda _proxy, _connection: None, "socks5h", ProviderUnreachable),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_proxy_that_fails_has_its_code_in_time_and_reads_nothing(
    name: str, serve: Serve, through: MakeProxied, caplog: pytest.LogCaptureFixture
) -> None:
    speak, scheme, failure = FAILING[name]
    server = serve(say_json(completion("answered")))
    with proxy(speak, server.port, credentials="user:another") as way:
        seconds = 0.2 if failure is ProviderTimeout else 5
        client = through("https://localhost:9/v1", f"{scheme}://{CREDENTIALS}@127.0.0.1:{way.port}", seconds=seconds)
        started = monotonic()
        assert failure_of(client) is failure
        assert monotonic() - started < seconds + 1

    assert not server.requests
    assert "canary" not in caplog.text
    for secret in (KEY, QUESTION.system, QUESTION.user):
        assert secret.encode() not in way.read


def test_a_proxy_that_is_not_there_is_unreachable(through: MakeProxied) -> None:
    for address in ("http://127.0.0.1:9", "socks5://127.0.0.1:9", "http://no-such-host.invalid:3128"):
        assert failure_of(through("https://localhost:9/v1", address)) is ProviderUnreachable, address


def test_what_a_proxy_says_of_a_request_over_http_is_named_by_its_status(serve: Serve, through: MakeProxied) -> None:
    """Over http a proxy's refusal cannot be told from the server's."""
    with proxy(refusing(502)) as way:
        assert failure_of(through("http://localhost:9/v1", f"http://127.0.0.1:{way.port}")) is ProviderError


def test_a_proxy_with_a_trusted_certificate_is_used(
    certificate: Certificate, serve: Serve, through: MakeProxied
) -> None:
    server = serve(say_json(completion("answered")), tls=certificate.server)
    with proxy(http_proxy, server.port, tls=certificate.server) as way:
        client = through("https://localhost:9/v1", f"https://localhost:{way.port}", certificate.file)
        assert client.ask(QUESTION).answer == "answered"


def test_a_proxy_with_another_certificate_gets_no_request(
    certificate: Certificate, serve: Serve, through: MakeProxied
) -> None:
    with proxy(http_proxy, tls=certificate.server) as way:
        client = through("https://localhost:9/v1", f"https://localhost:{way.port}")
        assert failure_of(client) is ProviderUnreachable

    assert not way.asked_for


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("fault", THROUGH_PROXY if LONG else SAMPLE)
def test_a_fault_behind_a_proxy_has_its_code_in_time(
    fault: str, scheme: str, certificate: Certificate, serve: Serve, through: MakeProxied
) -> None:
    behaviour, code = FAULTS[fault]
    server = serve(behaviour, tls=certificate.server if scheme == "https" else None)
    with proxy(http_proxy, server.port) as way:
        # In the short form no fault waits for the deadline.
        seconds = DEADLINE_SECONDS if LONG else 5
        client = through(
            f"{scheme}://localhost:9/v1", f"http://127.0.0.1:{way.port}", certificate.file, seconds=seconds
        )
        started = monotonic()
        failure = failure_of(client)
        assert monotonic() - started < seconds + 1

    assert failure is not None
    assert failure.code == code
    assert len(server.requests) == 1


def test_the_answer_of_a_proxy_is_not_taken_for_the_servers(
    certificate: Certificate, serve: Serve, through: MakeProxied
) -> None:
    """A proxy that says more than that the tunnel is ready breaks the tunnel."""
    server = serve(say_json(completion("answered")), tls=certificate.server)
    forged = http(200, json.dumps(completion("forged")).encode())
    with proxy(saying(forged), server.port) as way:
        client = through("https://localhost:9/v1", f"http://127.0.0.1:{way.port}", certificate.file)
        assert failure_of(client) in {ProviderUnreachable, ProviderError, ProviderTimeout}

    assert not server.requests
