"""A provider's certificate is checked, and deadlines and framing hold with TLS."""

import json
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest

from boundary.failures import ProviderFailure, ProviderTimeout, ProviderUnreachable
from boundary.sockets import RECORD_BYTES
from tests.boundary.conftest import DEADLINE_SECONDS, QUESTION, MakeClient, Serve, failure_of
from tests.boundary.fault_server import Behaviour, close_after, completion, drip_after, http, say, say_json

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
    server = serve(say_json(completion("answered")), tls=trusted.server)
    client = make_client(server.url("https", "localhost"), deadline_seconds=5)

    assert [client.ask(QUESTION).answer for _ in range(3)] == ["answered"] * 3
    assert server.connections == 1


@pytest.mark.parametrize(
    ("certificate", "trusts"),
    [("localhost", False), ("other.example", True)],
    indirect=["certificate"],
    ids=["untrusted", "of another name"],
)
def test_a_server_with_a_wrong_certificate_gets_no_request(
    certificate: Certificate, serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, *, trusts: bool
) -> None:
    if trusts:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    server = serve(say_json(completion("answered")), tls=certificate.server)

    assert failure_of(make_client(server.url("https", "localhost"), deadline_seconds=5)) is ProviderUnreachable
    assert not server.requests


def test_a_body_that_drips_ends_with_the_deadline(trusted: Certificate, serve: Serve, make_client: MakeClient) -> None:
    server = serve(drip_after(http(200, content_length="900")), tls=trusted.server)
    client, started = make_client(server.url("https", "localhost")), monotonic()

    assert failure_of(client) is ProviderTimeout
    assert monotonic() - started < DEADLINE_SECONDS + 1


def test_bytes_after_an_answer_in_its_record_are_dropped(
    trusted: Certificate, serve: Serve, make_client: MakeClient
) -> None:
    """The rest of a record is buffered in TLS, where the system does not see it. These are the sizes of buffers."""
    answer = json.dumps(completion("meant")).encode()
    more = http(200, json.dumps(completion("for somebody else")).encode())

    for size in (2_000, 8 * 1024, 16_000, RECORD_BYTES):
        meant = http(200, answer + b" " * (size - len(http(200, answer, content_length=str(size)))))
        server = serve(say(meant + more), tls=trusted.server)
        client = make_client(server.url("https", "localhost"), deadline_seconds=5)
        assert [client.ask(QUESTION).answer for _ in range(3)] == ["meant"] * 3, size


def test_a_failed_handshake_has_its_code(serve: Serve, make_client: MakeClient) -> None:
    faults: tuple[tuple[Behaviour, type[ProviderFailure]], ...] = (
        (lambda _: sleep(3), ProviderTimeout),
        (close_after(b"HTTP/1.1 400 No\r\n\r\n"), ProviderUnreachable),
    )

    for behaviour, failure in faults:
        started = monotonic()
        assert failure_of(make_client(serve(behaviour, at_once=True).url("https"))) is failure
        assert monotonic() - started < DEADLINE_SECONDS + 1
