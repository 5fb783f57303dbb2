"""A provider's certificate is checked, and all that holds without TLS holds with it."""

import json
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest

from boundary.failures import ProviderTimeout, ProviderUnreachable
from boundary.sockets import RECORD_BYTES
from rotation.models import Credential
from tests.boundary.conftest import DEADLINE_SECONDS, QUESTION, MakeClient, Serve, UseClient
from tests.boundary.fault_server import Behaviour, close_after, completion, drip_after, http, say, say_json
from tests.conftest import Decide

pytestmark = pytest.mark.any_database


@dataclass(frozen=True)
class Certificate:
    file: Path
    key: Path

    @property
    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


@pytest.fixture(scope="module", params=["localhost"])
def certificate(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate that signs itself, for the name that the test asks for."""
    folder = tmp_path_factory.mktemp("tls")
    made = Certificate(folder / "cert.pem", folder / "key.pem")
    name = ("-subj", f"/CN={request.param}", "-addext", f"subjectAltName=DNS:{request.param}")
    files = ("-keyout", str(made.key), "-out", str(made.file))
    command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *name, *files)
    subprocess.run(command, check=True, capture_output=True)
    return made


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    return certificate


def test_a_trusted_server_is_asked_over_one_connection(
    trusted: Certificate, serve: Serve, make_client: MakeClient
) -> None:
    server = serve(say_json(completion("told")), tls=trusted.server)
    client = make_client(server.url("https", "localhost"), deadline_seconds=5)

    assert [client.ask(QUESTION).answer for _ in range(3)] == ["told"] * 3
    assert server.connections == 1


def test_an_untrusted_server_is_sent_nothing(certificate: Certificate, serve: Serve, make_client: MakeClient) -> None:
    server = serve(say_json(completion("told")), tls=certificate.server)

    with pytest.raises(ProviderUnreachable):
        make_client(server.url("https", "localhost"), deadline_seconds=5).ask(QUESTION)

    assert not server.requests


@pytest.mark.parametrize("certificate", ["other.example"], indirect=True)
def test_a_certificate_of_another_name_is_refused(trusted: Certificate, serve: Serve, make_client: MakeClient) -> None:
    server = serve(say_json(completion("told")), tls=trusted.server)

    with pytest.raises(ProviderUnreachable):
        make_client(server.url("https", "localhost"), deadline_seconds=5).ask(QUESTION)

    assert not server.requests


def test_a_body_that_drips_ends_with_the_deadline(trusted: Certificate, serve: Serve, make_client: MakeClient) -> None:
    server = serve(drip_after(http(200, content_length="900")), tls=trusted.server)
    client, started = make_client(server.url("https", "localhost")), monotonic()

    with pytest.raises(ProviderTimeout):
        client.ask(QUESTION)

    assert monotonic() - started < DEADLINE_SECONDS + 1


@pytest.mark.parametrize("size", [2_000, 8 * 1024, 16_000, RECORD_BYTES])
def test_bytes_after_an_answer_in_its_record_are_dropped(
    size: int, trusted: Certificate, serve: Serve, make_client: MakeClient
) -> None:
    """As large as buffers are: what is left of a record lies in TLS, where the system does not see it."""
    answer = json.dumps(completion("meant")).encode()
    meant = http(200, answer + b" " * (size - len(http(200, answer, content_length=str(size)))))
    more = http(200, json.dumps(completion("for somebody else")).encode())
    client = make_client(serve(say(meant + more), tls=trusted.server).url("https", "localhost"), deadline_seconds=5)

    assert [client.ask(QUESTION).answer for _ in range(3)] == ["meant"] * 3


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        pytest.param(lambda _: sleep(3), "provider_timeout", id="a handshake that never ends"),
        pytest.param(close_after(b"HTTP/1.1 400 No\r\n\r\n"), "provider_unreachable", id="a server without TLS"),
    ],
)
def test_tls_that_fails_is_named(
    behaviour: Behaviour,
    code: str,
    serve: Serve,
    make_client: MakeClient,
    use_client: UseClient,
    decide: Decide,
    credential: Credential,
) -> None:
    use_client(make_client(serve(behaviour, at_once=True).url("https")))
    started = monotonic()

    response = decide()

    assert response.json()["error_code"] == code
    assert monotonic() - started < DEADLINE_SECONDS + 1
