"""`/healthz` and `/readyz`: they need no known host, no TLS, no session and no model."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from config.health_checks import is_configured
from tests.fakes import FakeProvider
from tests.interfaces.conftest import CANARY, database_down
from traces.guard import TABLE, TRIGGER


@pytest.fixture(autouse=True)
def unchecked_configuration() -> Iterator[None]:
    """Make each test check the configuration again, which a process does once."""
    is_configured.cache_clear()
    yield
    is_configured.cache_clear()


def test_healthz_makes_no_query(client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


def test_healthz_is_200_without_a_database(client: Client, db: None) -> None:
    with database_down():
        response = client.get("/healthz")

    assert response.status_code == 200


def test_probes_accept_any_host_and_plain_http(db: None, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    responses = [Client().get(path, headers={"Host": "10.0.0.7:8000"}) for path in ("/healthz", "/readyz")]

    assert [response.status_code for response in responses] == [200, 200]


def test_probes_name_the_release(client: Client, db: None, settings: Settings) -> None:
    settings.RELEASE = "1.2.3"

    with database_down():
        releases = [client.get(path)["X-Release"] for path in ("/healthz", "/readyz")]

    assert releases == ["1.2.3", "1.2.3"]


def test_readyz_is_200_when_all_is_ready(client: Client, db: None, provider: FakeProvider) -> None:
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})
    assert response["Cache-Control"] == "no-store"
    assert provider.calls == []


def test_readyz_names_the_database(client: Client, db: None) -> None:
    with database_down():
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "not_ready": ["database"]}
    assert CANARY not in response.text


def test_readyz_names_missing_migrations(client: Client, db: None) -> None:
    for app in ("traces", "rotation", "auth"):
        with transaction.atomic():
            MigrationRecorder(connection).migration_qs.filter(app=app).delete()
            response = client.get("/readyz")
            transaction.set_rollback(True)
        assert response.status_code == 503, app
        assert response.json() == {"status": "unavailable", "not_ready": ["migrations"]}, app


def test_readyz_names_a_missing_guard(client: Client, db: None) -> None:
    table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {TRIGGER}{table}")

    response = client.get("/readyz")

    assert response.json() == {"status": "unavailable", "not_ready": ["migrations"]}


def test_readyz_names_a_faulty_configuration(
    client: Client, db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", "on")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "not_ready": ["configuration"]}


def test_readyz_names_all_that_is_not_ready(
    client: Client, db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", "on")
    MigrationRecorder(connection).migration_qs.filter(app="traces").delete()

    response = client.get("/readyz")

    assert response.json()["not_ready"] == ["migrations", "configuration"]


def test_process_is_ready_again_after_a_database_outage(client: Client, db: None) -> None:
    with database_down():
        client.get("/readyz")

    assert client.get("/readyz").status_code == 200


def test_warnings_do_not_affect_readiness(client: Client, db: None, settings: Settings) -> None:
    settings.DECISION_PROVIDER, settings.DEBUG = "rules", False

    assert client.get("/readyz").status_code == 200
