"""`import_members`: users, roles and accounts become what a CSV says, all or nothing."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.db import connection
from django.test import Client
from pytest_django import Settings

from access.audit import AuditLine
from access.models import Membership
from operators.member_import import OTHER_LETTERS, SUPERUSER
from tests.commands.conftest import Ran, ctrl_c, database_that_fails, run
from tests.operators.conftest import PASSWORD

pytestmark = pytest.mark.django_db
HEADER = "username,email,first_name,last_name,roles,accounts"
ADA = "ada,ada@example.test,Ada,Lovelace,operator; records clerk,acct_10234;acct_20468"
EVE = "eve,eve@example.test,Eve,Moon,,acct_10234 acct_51170"
CANARY = "canary-4b7e"
NEW = "another-horse-battery"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "members.csv"


def run_import(file: Path, *lines: str, options: tuple[str, ...] = (), header: str = HEADER) -> Ran:
    file.write_text("\n".join((header, *lines)))
    return run("import_members", str(file), *options)


def counts(ran: Ran) -> dict[str, int]:
    """Return what was printed with a count other than 0."""
    found = re.findall(r"^ *([\d,]+) ([a-z ]+)$", ran.out, re.MULTILINE)
    return {name: int(count) for count, name in found if count != "0"}


def user(name: str) -> tuple[bool, bool, set[str], set[str]]:
    """Return whether the user is active and staff, and the roles and accounts."""
    found = User.objects.get(username=name)
    accounts = set(Membership.objects.filter(user=found).values_list("account_id", flat=True))
    return found.is_active, found.is_staff, set(found.groups.values_list("name", flat=True)), accounts


def audit() -> list[str]:
    lines = AuditLine.objects.select_related("user", "group").order_by("pk")
    return [" ".join(map(str, filter(None, (line.event, line.user, line.group, line.right)))) for line in lines]


def test_users_get_their_roles_and_accounts_and_the_same_file_again_changes_nothing(file: Path) -> None:
    first = run_import(file, ADA, EVE)
    lines = audit()
    again = run_import(file, ADA, EVE)

    assert (first.code, again.code) == (0, 0)
    assert counts(first) == {"added": 2, "roles given": 2, "accounts given": 4}
    assert counts(again) == {"unchanged": 2}
    assert "        0 changed\n" in again.out
    assert user("ada") == (True, True, {"operator", "records clerk"}, {"acct_10234", "acct_20468"})
    assert user("eve") == (True, False, set(), {"acct_10234", "acct_51170"})
    assert not User.objects.get(username="ada").has_usable_password()
    assert audit() == lines
    assert sorted(lines) == sorted(
        [
            *("user_created ada", "right_given ada is_staff", "user_created eve"),
            *("right_given ada operator", "right_given ada records clerk"),
            *(f"right_given ada {account}" for account in ("acct_10234", "acct_20468")),
            *(f"right_given eve {account}" for account in ("acct_10234", "acct_51170")),
        ]
    )


def test_a_named_user_becomes_what_the_line_says(file: Path) -> None:
    run_import(file, ADA, EVE)
    own = Group.objects.create(name="a group of their own")
    User.objects.get(username="eve").groups.add(own)
    AuditLine.objects.all().delete()

    changed = run_import(file, "ada,new@example.test,Ada,King,,acct_20468;acct_51170", EVE)

    assert counts(changed) == {"changed": 1, "unchanged": 1, "roles taken": 2, "accounts given": 1, "accounts taken": 1}
    assert user("ada") == (True, False, set(), {"acct_20468", "acct_51170"})
    assert user("eve")[2] == {"a group of their own"}
    assert User.objects.get(username="ada").email == "new@example.test"
    assert sorted(audit()) == [
        "right_given ada acct_51170",
        "right_taken ada acct_10234",
        "right_taken ada is_staff",
        "right_taken ada operator",
        "right_taken ada records clerk",
    ]


def test_full_deactivates_who_vanished_but_no_superuser_and_naming_activates_again(file: Path) -> None:
    User.objects.create_superuser("root")
    run_import(file, ADA, EVE)

    partial, full = run_import(file, ADA), run_import(file, ADA, options=("--full",))
    again = run_import(file, ADA, options=("--full",))
    gone = user("eve")
    back = run_import(file, EVE)

    assert (counts(partial), counts(full), counts(again)) == (
        {"unchanged": 1},
        {"deactivated": 1, "unchanged": 1},
        {"unchanged": 1},
    )
    assert gone == (False, False, set(), {"acct_10234", "acct_51170"})
    assert User.objects.get(username="root").is_active
    assert (counts(back), user("eve")[0]) == ({"changed": 1}, True)
    assert audit()[-2:] == ["right_taken eve is_active", "right_given eve is_active"]


REFUSED = {
    "a user twice": ("ADA,,,,,", "An earlier line names this user: remove one of them."),
    "an unknown role": (
        f"{CANARY},,,,superuser,",
        "A role is none of these: engineer, operator, people administrator,",
    ),
    "a bad account": (f"{CANARY},,,,,acct_1", "An account id is acct_ and five digits."),
    "a bad mail": (f"x,{CANARY},,,,", "Not valid: email."),
    "no name": (",,,,,", "Not valid: username."),
    "a bad name": (f"{CANARY} x,,,,,", "Not valid: username."),
    "a long name": (f"x,,{CANARY * 30},,,", "Not valid: first_name."),
    "a hidden character": (f"x,,,{CANARY}\u202e,,", "A name has a character that cannot be shown: remove it."),
    "more cells": (f"{CANARY},,,,,,", "This line has more or fewer values"),
    "a superuser": ("root,root@example.test,,,,", SUPERUSER),
    "other letters": ("Bob,,,,,", OTHER_LETTERS),
}


@pytest.mark.parametrize(("line", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_refused_line_changes_nothing_and_is_not_repeated(line: str, sentence: str, file: Path) -> None:
    User.objects.create_superuser("root", is_active=False)
    User.objects.create_user("bob")

    ran = run_import(file, ADA, line, EVE, options=("--full",))

    assert (ran.code, User.objects.count()) == (1, 2)
    assert f"members.csv, line 3: {sentence}" in ran.out
    assert ran.err == "Lines were refused. Nothing was changed."
    assert CANARY not in ran.out
    assert User.objects.get(username="bob").is_active


def test_a_file_that_cannot_be_read_or_names_nobody_changes_nothing(file: Path) -> None:
    User.objects.create_user("bob")
    missing = run("import_members", str(file))
    for ran in (
        run_import(file, options=("--full",)),
        run_import(file, ADA, header=HEADER.replace(",roles", "")),
        run_import(file, "ada,ada@example.test"),
        missing,
    ):
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.endswith("Nothing was changed.")

    assert [each.is_active for each in User.objects.all()] == [True]


def test_files_of_spreadsheets_are_read(file: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        file.write_bytes(f"{HEADER}\r\nzoë,,Zoë,,,acct_10234\r\n".encode(encoding))
        assert run("import_members", str(file)).code == 0

    assert User.objects.get().first_name == "Zoë"


def test_a_dry_run_changes_nothing_and_json_names_the_users(file: Path) -> None:
    run_import(file, EVE)

    words = run_import(file, ADA, options=("--full", "--dry-run"))
    result = json.loads(run_import(file, ADA, options=("--full", "--dry-run", "--json")).out)

    assert words.out.endswith("A dry run. Nothing was changed.\n")
    assert counts(words) == {"added": 1, "deactivated": 1, "roles given": 2, "accounts given": 2}
    assert result["users"] == {"added": ["ada"], "changed": [], "deactivated": ["eve"]}
    assert (result["imported"], result["dry_run"], result["refusals"]) == (False, True, [])
    assert [each.username for each in User.objects.filter(is_active=True)] == ["eve"]


def test_a_database_that_fails_or_a_stop_changes_nothing(file: Path) -> None:
    def interrupt(execute: Callable[..., Any], sql: str, *more: Any) -> object:
        if sql.startswith('INSERT INTO "access_membership"'):
            ctrl_c()
        return execute(sql, *more)

    with connection.execute_wrapper(database_that_fails):
        failed = run_import(file, ADA)
    with connection.execute_wrapper(interrupt):
        stopped = run_import(file, ADA)

    assert (failed.code, stopped.code) == (2, 130)
    assert all("Nothing was changed." in ran.err for ran in (failed, stopped))
    assert not User.objects.exists()


def test_invited_users_set_a_password_once_within_days(file: Path, settings: Settings) -> None:
    settings.SITE_ADDRESS = "https://decisions.example.test"
    no_address = "bob,,,,,acct_10234"

    ran = run_import(file, ADA, no_address, options=("--invite",))
    again = run_import(file, ADA, no_address, options=("--invite",))

    assert "        1 invitations, of which 0 were not sent\n" in ran.out
    assert ("invitations" in again.out, len(mail.outbox)) == (False, 1)
    assert mail.outbox[0].to == ["ada@example.test"]
    [path] = re.findall(r"https://decisions\.example\.test(/\S+)", str(mail.outbox[0].body))
    client = Client()
    form = client.get(path, follow=True).request["PATH_INFO"]
    assert client.post(form, {"new_password1": NEW, "new_password2": NEW}).status_code == 302
    assert User.objects.get(username="ada").check_password(NEW)
    assert "no longer works" in Client().get(path, follow=True).text


def test_an_invitation_ends_after_its_days(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_import(file, ADA, options=("--invite",))
    [path] = re.findall(r"http://testserver(/\S+)", str(mail.outbox[0].body))

    pages = []
    for days in (6.9, 7.1):
        later = datetime.now() + timedelta(days=days)  # noqa: DTZ005 - as Django's
        monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _self, later=later: later)
        pages.append("no longer works" in Client().get(path, follow=True).text)

    assert pages == [False, True]


def test_mails_that_cannot_be_sent_undo_nothing_and_are_counted(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OSError(CANARY)

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)

    ran = run_import(file, ADA, EVE, options=("--invite",))

    assert (ran.code, User.objects.count()) == (0, 2)
    assert "        2 invitations, of which 2 were not sent\n" in ran.out
    assert CANARY not in ran.out + ran.err + caplog.text


def test_who_is_active_again_is_invited_unless_they_have_a_password(file: Path) -> None:
    for name, password in (("ada", PASSWORD), ("eve", None)):
        User.objects.create_user(name, password=password, is_active=False)

    run_import(file, ADA, EVE, options=("--invite",))

    assert [each.to for each in mail.outbox] == [["eve@example.test"]]


def test_without_a_mail_server_an_import_with_invitations_changes_nothing(file: Path, settings: Settings) -> None:
    settings.MAILS_PASSWORD_RESETS = False

    ran = run_import(file, ADA, options=("--invite",))

    assert (ran.code, ran.err) == (2, "No mail server is configured. Nothing was changed.")
    assert not User.objects.exists()
