"""`/healthz` and `/readyz`: answered in front of hosts, redirects, sessions and the model."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from config.health_checks import is_configured
from tests.faces.conftest import CANARY, database_down
from tests.fakes import FakeProvider
from traces.guard import TABLE, TRIGGER


@pytest.fixture(autouse=True)
def unasked() -> Iterator[None]:
    """The configuration is judged once in a process; judge it anew."""
    is_configured.cache_clear()
    yield
    is_configured.cache_clear()


def test_healthz_touches_no_database(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


def test_healthz_answers_without_a_database(client: Client, db: None) -> None:
    with database_down():
        response = client.get("/healthz")

    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_may_name_any_host_and_speak_plain_http(db: None, settings: Settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = Client().get(path, headers={"Host": "10.0.0.7:8000"})

    assert response.status_code == 200


def test_a_probe_names_what_was_deployed(client: Client, db: None, settings: Settings) -> None:
    settings.RELEASE = "1.2.3"

    with database_down():
        told = [client.get(path)["X-Release"] for path in ("/healthz", "/readyz")]

    assert told == ["1.2.3", "1.2.3"]


def test_readyz_says_that_all_is_ready(client: Client, db: None, provider: FakeProvider) -> None:
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


@pytest.mark.parametrize("app", ["traces", "rotation", "auth"])
def test_readyz_names_a_migration_that_was_not_run(client: Client, db: None, app: str) -> None:
    MigrationRecorder(connection).migration_qs.filter(app=app).delete()

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "not_ready": ["migrations"]}


def test_readyz_names_a_ledger_without_its_guard(client: Client, db: None) -> None:
    table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {TRIGGER}{table}")

    response = client.get("/readyz")

    assert response.json() == {"status": "unavailable", "not_ready": ["migrations"]}


def test_readyz_names_a_configuration_with_errors(
    client: Client, db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", "on")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "not_ready": ["configuration"]}


def test_readyz_names_everything_that_is_not_ready(
    client: Client, db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", "on")
    MigrationRecorder(connection).migration_qs.filter(app="traces").delete()

    response = client.get("/readyz")

    assert response.json()["not_ready"] == ["migrations", "configuration"]


def test_a_database_that_comes_back_makes_the_process_ready(client: Client, db: None) -> None:
    with database_down():
        client.get("/readyz")

    assert client.get("/readyz").status_code == 200


def test_advice_alone_keeps_nobody_from_being_ready(client: Client, db: None, settings: Settings) -> None:
    settings.DECISION_PROVIDER, settings.DEBUG = "rules", False

    assert client.get("/readyz").status_code == 200
