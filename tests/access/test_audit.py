"""The audit has one line for each sign-in, sign-out and change of rights, whichever way it came."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db import models, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from access.audit import AuditLine, Event, Way
from access.models import ApiToken, Membership
from tests.access.conftest import FOREIGN, OWN, PASSWORD, issued, signed_in
from tests.access.test_passwords import NEW, ask, link, set_password
from tests.conftest import Response

USERS = "/admin/auth/user/"
AUDIT = "/admin/access/auditline/"
JOINED = {"last_login_0": "2026-11-01", "last_login_1": "12:00:00", "date_joined_0": "2026-11-01"}
FORM = {"username": "ada", "is_active": "on", "date_joined_1": "12:00:00", **JOINED}


@pytest.fixture
def root(ada: User) -> Client:
    """A signed-in superuser, before whom nothing was recorded."""
    client = signed_in("root", superuser=True).client
    AuditLine.objects.all().delete()
    return client


def lines() -> list[str]:
    """Return each line as words, in the order of events, and forget them."""
    found = [told(line) for line in AuditLine.objects.select_related("by", "user").order_by("pk")]
    AuditLine.objects.all().delete()
    return found


def told(line: AuditLine) -> str:
    what = [f"{name} {key}" for name in ("group", "permission", "token") if (key := getattr(line, f"{name}_id"))]
    words = [line.event, *([str(line.user or line.user_id)] if line.user_id else []), *what, line.right]
    return " ".join(filter(None, [*words, f"by {line.by}" if line.by else None, f"({line.way})"]))


def sign_in(client: Client, path: str, name: str = "ada") -> Response:
    return client.post(path, {"username": name, "password": PASSWORD})


def permission(name: str) -> Permission:
    return Permission.objects.get(codename=name)


def test_sign_ins_and_sign_outs_are_recorded(root: Client, browser: Client) -> None:
    User.objects.filter(username="ada").update(is_staff=True)

    for sign_in_path, sign_out_path in (("/sign-in", "/sign-out"), ("/admin/login/", "/admin/logout/")):
        sign_in(browser, sign_in_path)
        browser.post(sign_out_path)
        browser.post("/sign-out")
        sign_in(browser, sign_in_path, name="eve")

    assert lines() == [
        "signed_in ada by ada (site)",
        "signed_out ada by ada (site)",
        "signed_in ada by ada (admin)",
        "signed_out ada by ada (admin)",
    ]


def test_each_change_in_the_user_form_is_recorded_once(root: Client) -> None:
    ada, group, right = User.objects.get(username="ada"), Group.objects.create(name="g"), permission("view_user")
    change = f"{USERS}{ada.pk}/change/"
    given = FORM | {"is_staff": "on", "is_superuser": "on", "groups": group.pk, "user_permissions": right.pk}

    for form in (given, given, FORM | {"email": "new@example.test", "is_active": ""}):
        assert root.post(change, form).status_code == 302

    assert sorted(lines()) == sorted(
        [
            *(f"right_given ada {what} by root (admin)" for what in ("is_staff", "is_superuser")),
            f"right_given ada group {group.pk} by root (admin)",
            f"right_given ada permission {right.pk} by root (admin)",
            *(f"right_taken ada {what} by root (admin)" for what in ("is_staff", "is_superuser", "is_active")),
            f"right_taken ada group {group.pk} by root (admin)",
            f"right_taken ada permission {right.pk} by root (admin)",
        ]
    )


def test_a_user_who_is_made_changed_and_deleted_in_the_admin_is_recorded(root: Client) -> None:
    passwords = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    root.post(f"{USERS}add/", {"username": "eve", **passwords})
    eve = User.objects.get(username="eve")
    root.post(f"{USERS}{eve.pk}/password/", passwords)
    root.post(f"{USERS}{eve.pk}/password/", {"usable_password": "false", "unset-password": "1"})
    root.post("/admin/access/membership/add/", {"user": "eve", "accounts": OWN})
    root.post(f"{USERS}{eve.pk}/delete/", {"post": "yes"})

    assert lines() == [
        f"user_created {eve.pk} by root (admin)",
        f"password_changed {eve.pk} by root (admin)",
        f"password_changed {eve.pk} by root (admin)",
        f"right_given {eve.pk} {OWN} by root (admin)",
        f"right_taken {eve.pk} {OWN} by root (admin)",
        f"user_deleted {eve.pk} by root (admin)",
    ]


def test_memberships_are_recorded(root: Client, ada: User) -> None:
    place = "/admin/access/membership/"

    root.post(f"{place}add/", {"user": "ada", "accounts": FOREIGN})
    first = Membership.objects.get(user=ada, account_id=OWN)
    root.post(place, {"action": "delete_selected", "_selected_action": first.pk, "post": "yes"})

    assert lines() == [f"right_given ada {FOREIGN} by root (admin)", f"right_taken ada {OWN} by root (admin)"]


def test_tokens_are_recorded(root: Client) -> None:
    root.post("/admin/access/apitoken/add/", {"name": "job", "accounts": OWN, "expires_on": ""})
    token = ApiToken.objects.get()
    for _ in range(2):
        root.post("/admin/access/apitoken/", {"action": "revoke", "_selected_action": token.pk})

    assert lines() == [f"{event} token {token.pk} by root (admin)" for event in ("token_made", "token_revoked")]


def test_a_commands_changes_are_nobodys(ada: User) -> None:
    AuditLine.objects.all().delete()

    call_command("create_operator", stdout=StringIO())
    call_command("create_token", "nightly", stdout=StringIO())

    assert lines() == [
        "user_created operator (command)",
        "right_given operator is_staff (command)",
        "right_given operator is_superuser (command)",
        f"token_made token {ApiToken.objects.get().pk} (command)",
    ]


def test_roles_and_permissions_are_recorded_from_either_side(ada: User) -> None:
    role, other, right = Group.objects.create(name="a"), Group.objects.create(name="b"), permission("delete_user")
    AuditLine.objects.all().delete()

    role.user_set.add(ada)
    role.user_set.add(ada)
    ada.groups.remove(role, other)
    ada.groups.set([role, other])
    ada.groups.clear()
    role.permissions.add(right)
    right.group_set.clear()
    right.user_set.add(ada)

    given, taken = "right_given ada group {} (command)", "right_taken ada group {} (command)"
    assert lines() == [
        given.format(role.pk),
        taken.format(role.pk),
        given.format(role.pk),
        given.format(other.pk),
        taken.format(role.pk),
        taken.format(other.pk),
        f"right_given group {role.pk} permission {right.pk} (command)",
        f"right_taken group {role.pk} permission {right.pk} (command)",
        f"right_given ada permission {right.pk} (command)",
    ]


def test_the_users_of_a_deleted_role_lose_it(root: Client, ada: User) -> None:
    role = Group.objects.create(name="a role")
    ada.groups.add(role)

    root.post(f"/admin/auth/group/{role.pk}/delete/", {"post": "yes"})

    assert lines()[1:] == [f"right_taken ada group {role.pk} by root (admin)"]


def test_new_passwords_are_recorded(ada: User, browser: Client) -> None:
    browser.force_login(ada)
    AuditLine.objects.all().delete()

    browser.post("/password", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    ask(browser)
    set_password(Client(), link(), PASSWORD)

    # Nobody was signed in who used the link.
    assert lines() == ["password_changed ada by ada (site)", "password_changed ada (site)"]


def test_a_better_hash_of_the_same_password_is_no_change(ada: User, browser: Client, settings: Settings) -> None:
    AuditLine.objects.all().delete()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", *settings.PASSWORD_HASHERS]

    sign_in(browser, "/sign-in")

    ada.refresh_from_db()
    assert ada.password.startswith("scrypt")
    assert lines() == ["signed_in ada by ada (site)"]


def test_a_new_password_that_is_saved_alone_is_recorded(ada: User) -> None:
    AuditLine.objects.all().delete()

    ada.set_password(NEW)
    ada.save(update_fields=["password"])

    assert lines() == ["password_changed ada (command)"]


def test_saving_other_columns_costs_nothing(ada: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    AuditLine.objects.all().delete()
    ada.is_staff, ada.email = True, "new@example.test"

    with django_assert_num_queries(1):
        ada.save(update_fields=["email"])

    assert lines() == []


def test_a_line_is_logged_with_the_same_values_when_it_is_committed(
    root: Client,
    ada: User,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        root.post("/admin/access/membership/add/", {"user": "ada", "accounts": FOREIGN})
        with transaction.atomic():
            Membership.objects.create(user=ada, account_id="acct_51170")
            transaction.set_rollback(True)

    logged = [record.getMessage() for record in caplog.records if record.name == "audit"]
    by = User.objects.get(username="root").pk
    assert logged == [f"right_given by_id={by} way=admin user_id={ada.pk} right={FOREIGN}"]
    assert lines() == [f"right_given ada {FOREIGN} by root (admin)"]


def test_a_line_has_room_for_closed_values_only() -> None:
    texts = {field.name: field for field in AuditLine._meta.concrete_fields if isinstance(field, models.CharField)}

    assert {name: field.choices for name, field in texts.items()} == {
        "event": Event.choices,
        "way": Way.choices,
        "right": None,
    }
    assert texts["right"].max_length == len("is_superuser")
    assert not any(getattr(field, "db_constraint", False) for field in AuditLine._meta.concrete_fields)


def test_the_list_shows_the_names_of_today_and_the_ids_of_the_deleted(root: Client, ada: User) -> None:
    role = Group.objects.create(name="first name")
    ada.groups.add(role)
    role.name = "second name"
    role.save()
    eve = User.objects.create_user("eve")
    key = eve.pk
    eve.delete()

    page = root.get(AUDIT).text

    assert ("second name" in page, "first name" in page) == (True, False)
    assert f'<td class="field-name">{key} (deleted)</td>' in page
    assert ">ada<" in page


def test_the_list_is_filtered_by_event_and_user(root: Client, ada: User) -> None:
    eve = User.objects.create_user("eve")
    root.post(f"{USERS}{ada.pk}/change/", FORM | {"is_staff": "on"})

    def counted(query: str) -> int:
        return int(root.get(f"{AUDIT}?{query}").context["cl"].result_count)

    assert [counted(f"event__exact={event}") for event in ("user_created", "right_given", "signed_out")] == [1, 1, 0]
    assert [counted(f"q={word}") for word in ("eve", "ada", eve.pk, "ro", "root", "1 2")] == [1, 1, 1, 0, 1, 0]
    assert counted("way__exact=command") == 1


def test_the_list_costs_as_many_queries_for_many_lines(
    root: Client, ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rights = Permission.objects.filter(content_type__app_label__in=("auth", "access"))
    ada.user_permissions.add(*rights)
    ada.groups.add(*(Group.objects.create(name=f"role {number}") for number in range(10)))
    issued("job", OWN)

    with django_assert_num_queries(5):
        page = root.get(AUDIT)

    assert page.context["cl"].result_count > 20


def test_lines_are_pruned_when_they_are_older_than_traces_may_be(ada: User, capsys: pytest.CaptureFixture[str]) -> None:
    AuditLine.objects.update(at=timezone.now() - timedelta(days=91))
    old = AuditLine.objects.count()
    ada.groups.add(Group.objects.create(name="a role"))

    call_command("prune_audit", "--dry-run")
    call_command("prune_audit")

    assert capsys.readouterr().out.splitlines() == [
        f"Would delete {old} audit lines older than 90 days.",
        f"Deleted {old} audit lines older than 90 days.",
    ]
    assert AuditLine.objects.count() == 1
