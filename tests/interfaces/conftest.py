"""Shared by the tests of the HTTP interfaces: a browser, a failing database, and the shape of refusals."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from tests.conftest import Response, report
from traces.codes import Source
from traces.entries import Opening
from traces.fingerprints import LENGTH
from traces.models import TraceRecord

CANARY = "canary-7d1e"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LEDGER = TraceRecord._meta.db_table


class PostForm(Protocol):
    def __call__(self, form: dict[str, str] | None = ..., /, **more: str) -> Response: ...


@pytest.fixture
def browser() -> Client:
    return Client(headers={"Accept": BROWSER})


@pytest.fixture
def post_form(browser: Client, db: None) -> PostForm:
    """Open the page and send its form as a browser does, with its submission key."""

    def post(form: dict[str, str] | None = None, /, **more: str) -> Response:
        key = hidden(browser.get("/"), "submission_key")
        return browser.post("/", {"submission_key": key, "item": "", **(form or report()), **more})

    return post


@pytest.fixture
def open_trace(db: None) -> Callable[..., TraceRecord]:
    """Make a running row, as a process leaves it that stops during a decision."""

    def make(*, age_seconds: int = 0, submitter: str = "open") -> TraceRecord:
        opening = Opening(
            source=Source.API,
            submitter=submitter,
            workflow="rotation",
            account_id="acct_10234",
            submission_digest="0" * LENGTH,
            input_fingerprint="0" * LENGTH,
            fingerprint_key_id="test",
            prompt_version="rotation_decision@1",
            policy_version="policy@1",
            provider="fake",
            model=None,
            release="test",
        )
        return TraceRecord.objects.open(opening, at=timezone.now() - timedelta(seconds=age_seconds))

    return make


@contextmanager
def ledger_refusing(*verbs: str, table: str = LEDGER) -> Iterator[None]:
    """Make these statements fail on the table of the ledger, or on another table."""

    def fail(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if sql.partition(" ")[0] in verbs and table in sql:
            raise OperationalError(CANARY)
        return execute(sql, *rest)

    try:
        with connection.execute_wrapper(fail):
            yield
    finally:
        # Nothing was sent, so the transaction of the test is still valid, although Django marked it for rollback.
        if connection.in_atomic_block:
            transaction.set_rollback(False)


@contextmanager
def database_down() -> Iterator[None]:
    def fail(*_query: object) -> None:
        raise OperationalError(CANARY)

    with connection.execute_wrapper(fail):
        yield


@contextmanager
def read_only() -> Iterator[None]:
    """Make the database read-only, as a standby is, or a file without the right to write. It needs real commits."""
    setting = "PRAGMA query_only" if connection.vendor == "sqlite" else "SET default_transaction_read_only"
    with connection.cursor() as cursor:
        cursor.execute(f"{setting} = on")
        try:
            yield
        finally:
            cursor.execute(f"{setting} = off")


def problem(response: Response, status: int) -> dict[str, Any]:
    """Expect a refusal in the common JSON shape and return it."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:problem-type:")
    assert body["title"]
    assert body["detail"]
    assert body.keys() - {"errors", "trace_id", "trace_url"} == {"type", "title", "status", "detail"}
    assert ("errors" in body) == (status == 422)
    return body


def faults(response: Response) -> list[tuple[str, str]]:
    """Expect 422 and return its (field, code) pairs."""
    errors = problem(response, 422)["errors"]
    assert all(error.keys() == {"field", "code", "message"} and error["message"] for error in errors)
    return [(error["field"], error["code"]) for error in errors]


def hidden(response: Response, name: str) -> str:
    """Return the value of a hidden field, or an empty text if there is none."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', response.content.decode())
    return found[1] if found else ""


def follow(browser: Client, response: Response) -> str:
    return browser.get(response["Location"]).content.decode()


def has_text(response: Response, text: str) -> bool:
    """Return whether the form has this text of a report, as a browser would show it."""
    area = re.search(r"<textarea[^>]*>\r?\n?(.*?)</textarea>", response.content.decode(), re.DOTALL)
    return area is not None and area[1] == escape(text)


def value_of(response: Response, name: str) -> str:
    field = re.search(rf'<input type="text" name="{name}"[^>]*>', response.content.decode())
    value = field and re.search(r'value="([^"]*)"', field[0])
    return value[1] if value else ""
