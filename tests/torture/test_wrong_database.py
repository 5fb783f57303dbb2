"""A database that is read-only, empty, moved or replaced: 503 on every route, and no acknowledged decision is lost."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from psycopg.conninfo import conninfo_to_dict

from config.logging import QuietFormatter
from tests.configuration.serving import Server
from tests.conftest import Response, report
from tests.interfaces.conftest import BROWSER, read_only
from tests.ledger.rows import COMPLETED_ROW, RUNNING_ROW, insert
from tests.torture.conftest import LONG, Promise, sized
from tests.torture.ledgers import count_missing, write
from tests.torture.servers import CLIENTS, Load, eight_clients, serve_in_own_session, wait_until, worker_pids
from tests.torture.timed_clients import counted, probing, wait_for_recovery

PASSWORD = "correct-horse-battery"
SIGN_IN = {"username": "ada", "password": PASSWORD}
TICKET = {"text": "Customer paid twice for order A-102 and wants a refund."}
JSON = "application/json"
# What a read-only database can still do. The overdue row is the one that a reader must close.
READ = {"result, page", "result, JSON", "page with a session", "admin"}
TEXTS_OF_FAULTS = ("no such table", "does not exist", "readonly", "read-only transaction")


@dataclass
class Visitors:
    """A signed-in operator who has sent a ticket, a program, and the addresses that they ask for."""

    browser: Client
    program: Client
    overdue: str
    result: str
    ticket: str
    reset_link: str

    def ask_all(self) -> dict[str, Response]:
        browser, program = self.browser, self.program
        return {
            "overdue row, page": browser.get(self.overdue),
            "overdue row, JSON": program.get(self.overdue),
            "result, page": browser.get(self.result),
            "result, JSON": program.get(self.result),
            "form": browser.post("/", report(item="", submission_key="key-of-this-page")),
            "decision": program.post("/rotation/decide", report(), content_type=JSON),
            "ticket": program.post("/tickets/extract", TICKET, content_type=JSON),
            "feedback": browser.post(f"{self.ticket}/feedback", {"verdict": "right"}),
            "question to a person": browser.post(f"{self.result}/review", {"note": "Please."}),
            "page with a session": browser.get("/password"),
            "sign-in": Client().post("/sign-in", SIGN_IN),
            "wrong sign-in": Client().post("/sign-in", SIGN_IN | {"password": "wrong"}),
            "sign-out": browser.post("/sign-out"),
            "admin": browser.get("/admin/"),
            "admin's login": Client().post("/admin/login/", SIGN_IN),
            "message in a session": browser.get("/admin/traces/tracerecord/nothing/change/"),
            "session of a reset": Client(raise_request_exception=False).get(self.reset_link),
        }


@pytest.fixture
def visitors(transactional_db: None) -> Visitors:
    user = User.objects.create_superuser("ada", "ada@example.test", PASSWORD)
    browser = Client(headers={"Accept": BROWSER}, raise_request_exception=False)
    browser.force_login(user)
    sent = browser.post("/tickets/", TICKET | {"submission_key": "key-of-the-ticket"})
    return Visitors(
        browser,
        Client(raise_request_exception=False),
        f"/rotation/{insert(RUNNING_ROW | {'started_at': timezone.now() - timedelta(days=1)}).pk}",
        f"/rotation/{insert(COMPLETED_ROW | {'decision': 'needs_review', 'submitter': f'user:{user.pk}'}).pk}",
        sent["Location"],
        f"/password/reset/{urlsafe_base64_encode(force_bytes(user.pk))}/{default_token_generator.make_token(user)}",
    )


@contextmanager
def empty() -> Iterator[None]:
    """Hide every table."""
    tables = connection.introspection.table_names()
    rename({name: f"hidden_{name}" for name in tables})
    try:
        yield
    finally:
        rename({f"hidden_{name}": name for name in tables})


def rename(tables: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        for table, name in tables.items():
            cursor.execute(f'ALTER TABLE "{table}" RENAME TO "{name}"')


@pytest.mark.parametrize(("wrong", "answered"), [(read_only, READ), (empty, set[str]())])
def test_every_route_that_needs_the_database_is_unavailable(
    visitors: Visitors,
    caplog: pytest.LogCaptureFixture,
    wrong: Callable[[], AbstractContextManager[None]],
    answered: set[str],
) -> None:
    with wrong():
        responses = visitors.ask_all()

    statuses = {name: response.status_code for name, response in responses.items()}
    refused = [response for response in responses.values() if response.status_code == 503]
    lines = [QuietFormatter(readable=False).format(record) for record in caplog.records]
    assert statuses == {name: 200 if name in answered else 503 for name in responses}
    assert {response["Retry-After"] for response in refused} == {"5"}
    assert {r.json()["type"] for r in refused if "json" in r["Content-Type"]} == {"urn:problem-type:ledger-unavailable"}
    assert [text for text in TEXTS_OF_FAULTS if text in "".join(lines) + str([r.text for r in refused])] == []


@contextmanager
def moved(file: Path) -> Iterator[None]:
    away = file.rename(file.with_name("away"))
    yield
    assert not file.exists()
    away.rename(file)


@contextmanager
def replaced_by_a_copy(file: Path) -> Iterator[None]:
    away = file.rename(file.with_name("away"))
    shutil.copyfile(away, file)
    yield
    away.replace(file)


@contextmanager
def deleted(file: Path) -> Iterator[None]:
    file.with_name("linked").hardlink_to(file)
    file.unlink()
    yield
    assert not file.exists()
    file.with_name("linked").rename(file)


def delete_for_good(file: Path) -> Path:
    """Delete the database with its write-ahead log. Return another name of it, under which it can be read."""
    kept = file.with_name("kept")
    for end in ("", "-wal"):
        kept.with_name(f"kept{end}").hardlink_to(f"{file}{end}")
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    return kept


def has_opened(pid: int, file: Path) -> bool:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        # The process may close one between the list and the look at it.
        with suppress(FileNotFoundError):
            if descriptor.resolve() == file:
                return True
    return False


def expect_refusals(server: Server, load: Load) -> None:
    """Expect that only answers that were on their way come through, and then nothing but refusals."""
    acknowledged, refused = len(load.acknowledged), len(load.refusals)
    assert wait_until(lambda: len(load.refusals) > refused + 4 * CLIENTS, seconds=20), Counter(load.statuses)
    assert wait_until(lambda: is_unready(server), seconds=20)
    assert len(load.acknowledged) <= acknowledged + CLIENTS


def is_unready(server: Server) -> bool:
    """Ask often enough to reach both workers, each of which may still answer what it found a second ago."""
    return {server.ask("/readyz")[0] for _ in range(8)} == {503}


# It serves a SQLite file of its own.
@pytest.mark.any_database
def test_file_that_was_replaced_takes_no_decision_and_none_is_lost(
    tmp_path: Path, environment: dict[str, str], promise: Promise
) -> None:
    load, file = Load(), Path(environment["DATABASE_URL"].removeprefix("sqlite:///"))
    with (
        serve_in_own_session(tmp_path, environment) as server,
        probing(server, "/healthz") as alive,
        eight_clients(server, load),
    ):
        assert wait_until(lambda: all(has_opened(pid, file) for pid in worker_pids(server)), seconds=20)
        for _ in range(sized(0, 5)):
            for replace in (moved, replaced_by_a_copy, deleted):
                assert wait_for_recovery(load) < inf
                with replace(file):
                    expect_refusals(server, load)
        assert wait_for_recovery(load) < inf
        kept = delete_for_good(file)
        expect_refusals(server, load)

    lost = count_missing(f"sqlite:///{kept}", load.acknowledged)
    sizes = f"{len(load.acknowledged)} acknowledged, {len(load.refusals)} refused"
    promise(2, f"file moved, replaced, deleted under load: {sizes}, lost {lost}, liveness {counted(alive)}")
    assert lost == 0
    assert {answer.status for answer in alive} == {200}
    assert {refusal["type"] for refusal in load.refusals} == {"urn:problem-type:ledger-unavailable"}


def make_read_only(url: str) -> tuple[str, ...]:
    """Return the command that starts a server without root's right to write into any file."""
    if not url.startswith("sqlite:///"):
        name = conninfo_to_dict(url)["dbname"]
        write(url, [f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'])
        return ()
    Path(url.removeprefix("sqlite:///")).chmod(0o400)
    return ("setpriv", "--bounding-set=-dac_override") if os.geteuid() == 0 else ()


def make_empty(url: str) -> tuple[str, ...]:
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).write_bytes(b"")
    else:
        write(url, ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"])
    return ()


@pytest.mark.skipif(not LONG, reason="make torture")
@pytest.mark.parametrize("spoil", [make_read_only, make_empty])
def test_server_on_a_wrong_database_lives_and_is_not_ready(
    tmp_path: Path, environment: dict[str, str], spoil: Callable[[str], tuple[str, ...]]
) -> None:
    within = spoil(environment["DATABASE_URL"])
    bodies = {"/healthz": None, "/readyz": None, "/rotation/decide": report(), "/tickets/extract": TICKET}

    with serve_in_own_session(tmp_path, environment, within=within) as server:
        statuses = [server.ask(path, body)[0] for path, body in bodies.items()]

    assert statuses == [200, 503, 503, 503]
