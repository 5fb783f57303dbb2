"""A provider's certificate is checked, and deadlines and framing hold with TLS."""

import json
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from boundary.failures import ProviderError, ProviderFailure, ProviderTimeout, ProviderUnreachable
from boundary.way_out import trusted_by_system
from config.environment import BASE_DIR
from tests.boundary.certificates import Certificate, self_signed
from tests.boundary.conftest import DEADLINE_SECONDS, QUESTION, MakeClient, Serve, failure_of
from tests.boundary.fault_server import Behaviour, close_after, completion, drip_after, http, say, say_json

pytestmark = pytest.mark.any_database


# The largest record of TLS.
RECORD_BYTES = 16 * 1024


def test_a_trusted_server_is_asked(trusted: Certificate, serve: Serve, make_client: MakeClient) -> None:
    server = serve(say_json(completion("answered")), tls=trusted.server)
    client = make_client(server.url("https", "localhost"), deadline_seconds=5)

    assert [client.ask(QUESTION).answer for _ in range(3)] == ["answered"] * 3
    assert server.connections == 3


@pytest.mark.parametrize(("name", "trusts"), [("localhost", False), ("other.example", True)])
def test_a_server_with_a_wrong_certificate_gets_no_request(
    name: str, serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, trusts: bool
) -> None:
    certificate = self_signed(tmp_path, name)
    if trusts:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    server = serve(say_json(completion("answered")), tls=certificate.server)

    assert failure_of(make_client(server.url("https", "localhost"), deadline_seconds=5)) is ProviderUnreachable
    assert not server.requests


def test_a_certificate_in_a_folder_of_trusted_ones_is_trusted(
    certificate: Certificate, serve: Serve, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hashed = subprocess.run(
        ["openssl", "x509", "-noout", "-hash", "-in", certificate.file], check=True, capture_output=True, text=True
    )
    (tmp_path / f"{hashed.stdout.strip()}.0").write_bytes(certificate.file.read_bytes())
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    server = serve(say_json(completion("answered")), tls=certificate.server)

    assert make_client(server.url("https", "localhost"), deadline_seconds=5).ask(QUESTION).answer == "answered"


def test_the_system_store_is_found() -> None:
    """pycurl's wheel was built on another system, whose store is elsewhere."""
    places = [place for place in trusted_by_system().values() if place]

    assert places
    assert all(Path(place).exists() for place in places)


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


@pytest.mark.parametrize("kind", ["plain", "request"])
def test_a_flood_of_key_updates_ends_with_the_deadline(
    kind: str, trusted: Certificate, make_client: MakeClient
) -> None:
    """OpenSSL reads them all by itself, and would do so for a minute."""
    command = [sys.executable, "-m", "tests.boundary.key_updates", str(trusted.key), str(trusted.file), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=BASE_DIR) as server:
        assert server.stdout
        port = int(server.stdout.readline())
        client, started = make_client(f"https://localhost:{port}/v1", deadline_seconds=2), monotonic()

        failure = failure_of(client)
        seconds = monotonic() - started
        server.kill()

    assert failure in {ProviderTimeout, ProviderError}
    assert seconds < 3
