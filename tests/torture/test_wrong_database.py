"""A database that is read-only or empty: 503 on every route."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from config.logging import QuietFormatter
from tests.conftest import Response, report
from tests.interfaces.conftest import BROWSER, read_only
from tests.ledger.rows import COMPLETED_ROW, RUNNING_ROW, insert

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
        f"/rotation/{insert(COMPLETED_ROW).pk}",
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
