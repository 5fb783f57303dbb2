"""`/healthz` and `/readyz`: they need no known host, no TLS, no session and no model."""

import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from config import health, health_checks
from config.health_checks import HealthCheck, is_configured
from tests.fakes import FakeProvider
from tests.interfaces.conftest import CANARY, database_down, read_only
from traces.guard import TABLE, TRIGGER


@pytest.fixture(autouse=True)
def checked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Check at each probe, and also the configuration, which a process checks once."""
    monkeypatch.setattr(health, "FRESH_SECONDS", 0)
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


def test_readyz_names_a_missing_table(client: Client, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} RENAME TO away")

    response = client.get("/readyz")

    assert (response.status_code, response.json()["not_ready"]) == (503, ["ledger"])


@pytest.mark.django_db(transaction=True)
def test_readyz_names_a_read_only_database(client: Client) -> None:
    with read_only():
        response = client.get("/readyz")

    assert (response.status_code, response.json()["not_ready"]) == (503, ["ledger"])


@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
def test_readyz_names_a_full_disk(client: Client) -> None:
    before = client.get("/readyz")
    with full_disk():
        response = client.get("/readyz")
    after = client.get("/readyz")

    assert [each.status_code for each in (before, response, after)] == [200, 503, 200]
    assert response.json()["not_ready"] == ["ledger"]


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow past a page. SQLite's write-ahead log then takes nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_result_serves_the_probes_of_the_next_second(
    client: Client,
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client.get("/readyz")
    monkeypatch.setattr(health, "FRESH_SECONDS", 60)

    with django_assert_num_queries(0):
        response = client.get("/readyz")

    assert response.status_code == 200


@pytest.mark.parametrize("found", [None, True, False], ids=["starting", "ready", "not ready"])
def test_while_one_thread_checks_others_answer_what_was_found_last(
    client: Client, monkeypatch: pytest.MonkeyPatch, *, found: bool | None
) -> None:
    def probe() -> list[str]:
        names: list[str] = client.get("/readyz").json().get("not_ready", [])
        return names

    checks = list[bool]()
    begun, may_end = Event(), Event()

    def check_slowly() -> bool:
        checks.append(begun.is_set())
        begun.set()
        return may_end.wait(30)

    only(monkeypatch, lambda: bool(found))
    if found is not None:
        probe()
    only(monkeypatch, check_slowly)
    with ThreadPoolExecutor(1) as threads:
        checking = threads.submit(probe)
        assert begun.wait(30)
        meanwhile = [probe() for _ in range(3)]
        may_end.set()
        assert checking.result(30) == []

    assert meanwhile == [{None: ["starting"], True: [], False: ["only"]}[found]] * 3
    assert checks == [False]


def only(monkeypatch: pytest.MonkeyPatch, is_ready: Callable[[], bool]) -> None:
    check = HealthCheck("only", lambda _: ("ok", "It is."), readiness="only", is_ready=is_ready)
    monkeypatch.setattr(health_checks, "HEALTH_CHECKS", (check,))


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
