"""The tokens of programs: made in the admin or by a command, shown once, kept as a hash, taken back for good."""

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
    """Give every row of every table that could have kept a token, and what the sessions hold."""
    rows = [session.get_decoded() for session in Session.objects.all()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a table of ours
            rows.extend(cursor.fetchall())
    return repr(rows)


def test_a_token_made_in_the_admin_asks_for_its_accounts(superuser: Client) -> None:
    job = bearing(made(superuser))

    trace_id = job.ask_json(OWN).json()["trace_id"]

    token = ApiToken.objects.get()
    assert TraceRecord.objects.get(pk=trace_id).submitter == f"token:{token.pk}"
    assert [grant.account_id for grant in token.accounts.all()] == [OWN, FOREIGN]
    assert token.created_by == User.objects.get(username="root")


def test_it_is_shown_once_and_kept_nowhere(superuser: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    secret = made(superuser)
    bearing(secret).ask_json(OWN)

    token = ApiToken.objects.get()
    pages = [superuser.get(f"{TOKENS}{place}").text for place in ("", f"{token.pk}/change/", f"{token.pk}/history/")]
    cookies = [cookie.value for cookie in superuser.cookies.values()]
    assert secret not in repr((pages, cookies, kept(), caplog.text))
    assert LogEntry.objects.count() == 1
    assert token.digest in kept()


def test_the_page_of_a_new_token_is_not_cached(superuser: Client) -> None:
    page = superuser.post(f"{TOKENS}add/", FORM)

    assert (page.status_code, "no-store" in page["Cache-Control"]) == (200, True)


def test_sending_the_form_again_makes_no_second_one(superuser: Client) -> None:
    made(superuser)

    again = superuser.post(f"{TOKENS}add/", FORM)

    assert SECRET.search(again.text) is None
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"accounts": ""}, {"accounts": ","}, {"accounts": "acct_1"}, {"expires_on": "2026-01-01"}],
    ids=["no name", "no account", "a comma", "no account id", "a day that is over"],
)
def test_a_wrong_form_makes_no_token(superuser: Client, changes: dict[str, str]) -> None:
    page = superuser.post(f"{TOKENS}add/", FORM | changes)

    assert page.status_code == 200
    assert "errorlist" in page.text
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


def test_the_last_use_of_a_token_is_its_latest_trace(superuser: Client) -> None:
    bearing(made(superuser)).ask_json(OWN)

    started_at = TraceRecord.objects.get().started_at
    assert f"{started_at:%Y-%m-%d %H:%M:%S}" in superuser.get(TOKENS).text


def test_the_last_use_is_found_by_an_index() -> None:
    token, _ = issued("job", OWN)
    fill_ledger(until=timezone.now())
    prefer_sorted_indexes()

    with CaptureQueriesContext(connection) as queries:
        last_used_at = token.last_used_at

    assert last_used_at is None
    assert is_walk(explain(queries[0]["sql"]), "traces_submitter_latest")


def test_the_command_prints_the_token_once() -> None:
    told = StringIO()

    call_command("create_token", "nightly", "--account", OWN, "--expires", "2999-12-31", stdout=told)

    [secret] = SECRET.findall(told.getvalue())
    assert bearing(secret).ask_json(OWN).json()["status"] == "completed"
    assert ApiToken.objects.get().created_by is None


@pytest.mark.parametrize(
    ("name", "account", "expires"),
    [
        ("taken", OWN, "2999-12-31"),
        ("", OWN, "2999-12-31"),
        ("n" * 81, OWN, "2999-12-31"),
        ("nightly", "acct_1", "2999-12-31"),
        ("nightly", OWN, "2026-01-01"),
        ("nightly", OWN, "tomorrow"),
    ],
)
def test_the_command_refuses_what_the_admin_does(name: str, account: str, expires: str) -> None:
    issued("taken")

    with pytest.raises(CommandError, match=r"exists|must|blank|characters|acct_|over|--expires"):
        call_command("create_token", name, "--account", account, "--expires", expires)

    assert ApiToken.objects.count() == 1
    assert not TokenAccount.objects.exists()
