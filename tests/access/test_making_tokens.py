"""Tokens are made in the admin or by a command, shown once, stored as a hash, and revoked for good."""

import re
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import ApiToken, TokenAccount
from tests.access.conftest import FOREIGN, OWN, bearing, issued, signed_in
from tests.ledger.plans import explain, fill_ledger, is_walk, prefer_sorted_indexes
from traces.models import TraceRecord

SECRET = re.compile(r"rot_[0-9a-hjkmnp-tv-z]{52}")
TOKENS = "/admin/access/apitoken/"
FORM = {"name": "billing job", "accounts": f"{OWN}\r\n{FOREIGN}, {OWN}", "expires_on": ""}


@pytest.fixture
def superuser() -> Client:
    return signed_in("root", superuser=True).client


def made(client: Client, **changes: str) -> str:
    """Make a token in the admin and return it as its page shows it."""
    page = client.post(f"{TOKENS}add/", FORM | changes)
    [secret] = SECRET.findall(page.text)
    return str(secret)


def kept() -> str:
    """Return all rows of all tables, and the decoded sessions."""
    rows = [session.get_decoded() for session in Session.objects.all()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a table of ours
            rows.extend(cursor.fetchall())
    return repr(rows)


def test_a_token_made_in_the_admin_asks_about_its_accounts(superuser: Client) -> None:
    job = bearing(made(superuser))

    trace_id = job.ask_json(OWN).json()["trace_id"]

    token, trace = ApiToken.objects.get(), TraceRecord.objects.get(pk=trace_id)
    assert trace.submitter == f"token:{token.pk}"
    assert [grant.account_id for grant in token.accounts.all()] == [OWN, FOREIGN]
    assert token.created_by == User.objects.get(username="root")
    assert f"{trace.started_at:%Y-%m-%d %H:%M:%S}" in superuser.get(TOKENS).text


def test_a_form_sent_twice_makes_one_token(superuser: Client) -> None:
    first, again = (superuser.post(f"{TOKENS}add/", FORM) for _ in range(2))

    assert (first.status_code, "no-store" in first["Cache-Control"]) == (200, True)
    assert SECRET.search(again.text) is None
    assert ApiToken.objects.count() == 1


def test_a_token_is_shown_once_and_stored_as_a_hash_only(superuser: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    secret = made(superuser)
    bearing(secret).ask_json(OWN)

    token = ApiToken.objects.get()
    pages = [superuser.get(f"{TOKENS}{place}").text for place in ("", f"{token.pk}/change/", f"{token.pk}/history/")]
    cookies = [cookie.value for cookie in superuser.cookies.values()]
    assert secret not in repr((pages, cookies, kept(), caplog.text))
    assert LogEntry.objects.count() == 1
    assert token.digest in kept()


def test_a_wrong_form_makes_no_token(superuser: Client) -> None:
    wrong = {"name": ("",), "accounts": ("acct_1", f"{OWN} acct_1"), "expires_on": ("2026-01-01",)}

    for name, value in ((name, value) for name, values in wrong.items() for value in values):
        page = superuser.post(f"{TOKENS}add/", FORM | {name: value})
        assert (page.status_code, "errorlist" in page.text) == (200, True), (name, value)

    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_in_the_admin_and_at_once(superuser: Client) -> None:
    job = bearing(made(superuser))
    before = job.ask_json(OWN).status_code
    chosen = {"action": "revoke", "_selected_action": str(ApiToken.objects.get().pk)}

    superuser.post(TOKENS, chosen)
    superuser.post(TOKENS, chosen)

    assert (before, job.ask_json(OWN).status_code) == (200, 401)
    assert '<td class="field-state">revoked</td>' in superuser.get(TOKENS).text
    assert [entry.get_change_message() for entry in LogEntry.objects.filter(action_flag=2)] == ["Revoked."]
    assert superuser.post(TOKENS, chosen | {"action": "delete_selected"}).status_code in {200, 302}
    assert ApiToken.objects.exists()


def test_the_last_use_is_found_by_an_index() -> None:
    token, _ = issued("job", OWN)
    fill_ledger(until=timezone.now())
    prefer_sorted_indexes()

    with CaptureQueriesContext(connection) as queries:
        last_used_at = token.last_used_at

    assert last_used_at is None
    assert is_walk(explain(queries[0]["sql"]), "traces_submitter_latest")


def test_the_command_prints_the_token_once() -> None:
    printed = StringIO()

    call_command("create_token", "nightly", "--account", OWN, "--expires", "2999-12-31", stdout=printed)

    [secret] = SECRET.findall(printed.getvalue())
    assert bearing(secret).ask_json(OWN).json()["status"] == "completed"
    assert ApiToken.objects.get().created_by is None


def test_a_token_without_accounts_asks_about_none(superuser: Client) -> None:
    for number, accounts in enumerate(("", " ,\r\n")):
        job = bearing(made(superuser, name=f"no account {number}", accounts=accounts))
        assert job.ask_json(OWN).json()["error_code"] == "account_unknown"
    call_command("create_token", "help desk", stdout=StringIO())

    assert ApiToken.objects.count() == 3
    assert not TokenAccount.objects.exists()


def test_the_command_refuses_what_the_admin_does(subtests: pytest.Subtests) -> None:
    issued("taken")
    last_day = "2999-12-31"

    for name, account, expires in (
        ("taken", OWN, last_day), ("", OWN, last_day), ("n" * 81, OWN, last_day),
        ("nightly", "acct_1", last_day), ("nightly", OWN, "2026-01-01"), ("nightly", OWN, "tomorrow"),
    ):  # fmt: skip
        with (
            subtests.test(f"{name} {account} {expires}"),
            pytest.raises(CommandError, match=r"exists|must|blank|characters|acct_|over|--expires"),
        ):
            call_command("create_token", name, "--account", account, "--expires", expires)

    assert ApiToken.objects.count() == 1
    assert not TokenAccount.objects.exists()
