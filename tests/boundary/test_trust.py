"""Whom the service trusts if a file of authorities is set, and how it shows a certificate of its own."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from boundary.client import ModelClient
from boundary.failures import ProviderError, ProviderUnreachable
from boundary.reach import trouble_reaching
from boundary.way_out import configured_way_out
from tests.boundary.certificates import Certificate, self_signed
from tests.boundary.conftest import KEY, QUESTION, Serve, failure_of
from tests.boundary.fault_server import FaultServer, completion, say_json

pytestmark = pytest.mark.any_database

Configured = Callable[..., ModelClient]


@pytest.fixture
def configured(settings: Settings) -> Configured:
    """Make a client of a server by the settings of the way to it."""

    def make(server: FaultServer, **files: Path) -> ModelClient:
        for name in ("OPENAI_CA_FILE", "OPENAI_CLIENT_CERTIFICATE_FILE", "OPENAI_CLIENT_KEY_FILE"):
            setattr(settings, name, str(files.get(name, "")))
        return ModelClient(
            base_url=server.url("https", "localhost"), api_key=KEY, model="fake-model", max_completion_tokens=400,
            deadline_seconds=5, way_out=configured_way_out(),
        )  # fmt: skip

    return make


def asking(certificate: Certificate, accepted: Certificate) -> ssl.SSLContext:
    """A server that takes only clients with this certificate. Under TLS 1.3 a client learns of it when it reads."""
    context = certificate.server
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(accepted.file)
    return context


def test_a_file_of_authorities_is_trusted(certificate: Certificate, serve: Serve, configured: Configured) -> None:
    server = serve(say_json(completion("answered")), tls=certificate.server)

    assert configured(server, OPENAI_CA_FILE=certificate.file).ask(QUESTION).answer == "answered"


@pytest.mark.parametrize("shows", [True, False])
def test_doctor_notices_that_a_server_wants_a_certificate(
    trusted: Certificate, serve: Serve, settings: Settings, tmp_path: Path, *, shows: bool
) -> None:
    ours = self_signed(tmp_path, "client")
    server = serve(say_json(completion("answered")), tls=asking(trusted, ours))
    if shows:
        settings.OPENAI_CLIENT_CERTIFICATE_FILE, settings.OPENAI_CLIENT_KEY_FILE = str(ours.file), str(ours.key)

    trouble = trouble_reaching(server.url("https", "localhost"))

    assert trouble == (
        None if shows else "it ends the connection after TLS; does it want OPENAI_CLIENT_CERTIFICATE_FILE?"
    )


def test_it_is_trusted_instead_of_the_systems(
    trusted: Certificate, serve: Serve, configured: Configured, tmp_path: Path
) -> None:
    other = self_signed(tmp_path, "localhost")
    server = serve(say_json(completion("answered")), tls=trusted.server)

    assert failure_of(configured(server)) is None
    assert failure_of(configured(server, OPENAI_CA_FILE=other.file)) is ProviderUnreachable
    assert len(server.requests) == 1


def test_a_file_without_authorities_trusts_nobody(
    certificate: Certificate, serve: Serve, configured: Configured, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    server = serve(say_json(completion("answered")), tls=certificate.server)

    assert failure_of(configured(server, OPENAI_CA_FILE=tmp_path / "empty.pem")) is ProviderUnreachable
    assert not server.requests


def test_a_server_that_wants_a_certificate_gets_ours(
    certificate: Certificate, serve: Serve, configured: Configured, tmp_path: Path
) -> None:
    ours = self_signed(tmp_path, "our-service")
    both = tmp_path / "both.pem"
    both.write_bytes(ours.key.read_bytes() + ours.file.read_bytes())
    server = serve(say_json(completion("answered")), tls=asking(certificate, ours))

    for files in (
        {"OPENAI_CLIENT_CERTIFICATE_FILE": ours.file, "OPENAI_CLIENT_KEY_FILE": ours.key},
        {"OPENAI_CLIENT_CERTIFICATE_FILE": both},
    ):
        client = configured(server, OPENAI_CA_FILE=certificate.file, **files)
        assert client.ask(QUESTION).answer == "answered"


def test_no_certificate_or_another_gets_no_answer(
    certificate: Certificate, serve: Serve, configured: Configured, tmp_path: Path
) -> None:
    ours = self_signed(tmp_path, "our-service")
    server = serve(say_json(completion("answered")), tls=asking(certificate, ours))

    without = configured(server, OPENAI_CA_FILE=certificate.file)
    another = configured(
        server,
        OPENAI_CA_FILE=certificate.file,
        OPENAI_CLIENT_CERTIFICATE_FILE=certificate.file,
        OPENAI_CLIENT_KEY_FILE=certificate.key,
    )
    mismatched = configured(
        server,
        OPENAI_CA_FILE=certificate.file,
        OPENAI_CLIENT_CERTIFICATE_FILE=ours.file,
        OPENAI_CLIENT_KEY_FILE=certificate.key,
    )

    assert [failure_of(client) for client in (without, another)] == [ProviderError] * 2
    assert failure_of(mismatched) is ProviderUnreachable
    assert not server.requests
