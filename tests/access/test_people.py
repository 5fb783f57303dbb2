"""A people administrator makes users and gives them rights, but never more than their own, whatever they send."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains

from access.audit import AuditLine
from access.models import Membership
from tests.access.conftest import FOREIGN, OWN, PASSWORD, signed_in
from tests.access.test_passwords import NEW, set_password, wait_for_mail
from tests.conftest import Response

pytestmark = pytest.mark.any_database

USERS, MEMBERSHIPS = "/admin/auth/user/", "/admin/access/membership/"
FIRST_PASSWORD = {"usable_password": "true", "password1": NEW, "password2": NEW}


def role(name: str) -> Group:
    return Group.objects.get(name=name)


def staff(name: str, *roles: str) -> User:
    user = User.objects.create_user(name, f"{name}@example.test", PASSWORD, is_staff=True)
    user.groups.add(*map(role, roles))
    return user


@pytest.fixture
def pat(db: None) -> User:
    """A people administrator, who is an operator, too."""
    return staff("pat", "people administrator", "operator")


@pytest.fixture
def people(pat: User) -> Iterator[Client]:
    client = Client()
    client.force_login(pat)
    AuditLine.objects.all().delete()
    yield client
    wait_for_mail()


def form(user: User, **changes: object) -> dict[str, object]:
    """Return what the page of this user sends, and whatever else an attacker adds."""
    return {"username": user.username, "email": user.email, "is_active": "on", **changes}


def change(client: Client, user: User, **changes: object) -> Response:
    return client.post(f"{USERS}{user.pk}/change/", form(user, **changes))


def rights(name: str) -> tuple[bool, bool, bool, list[str], int]:
    user = User.objects.get(username=name)
    roles = sorted(user.groups.values_list("name", flat=True))
    return user.is_active, user.is_staff, user.is_superuser, roles, user.user_permissions.count()


def audit() -> list[str]:
    lines = AuditLine.objects.select_related("user", "group", "by").order_by("pk")
    return [
        " ".join(map(str, filter(None, (each.event, each.user, each.group, each.right, each.by)))) for each in lines
    ]


def test_people_administrators_make_users_and_give_roles_and_accounts(people: Client) -> None:
    people.post(f"{USERS}add/", {"username": "eve", "email": "eve@example.test", "usable_password": "false"})
    eve = User.objects.get(username="eve")
    change(people, eve, groups=role("operator").pk)
    people.post(f"{MEMBERSHIPS}add/", {"user": "eve", "accounts": f"{OWN}, {FOREIGN}\n{OWN}"})

    assert rights("eve") == (True, True, False, ["operator"], 0)
    assert [each.account_id for each in Membership.objects.filter(user=eve)] == [OWN, FOREIGN]
    assert audit() == [
        "user_created eve pat",
        "right_given eve operator pat",
        "right_given eve is_staff pat",
        f"right_given eve {OWN} pat",
        f"right_given eve {FOREIGN} pat",
    ]
    assertContains(people.get(f"{USERS}{eve.pk}/change/"), f"{OWN}, {FOREIGN}")
    assert LogEntry.objects.filter(content_type__model="membership").count() == 2


def test_people_administrators_take_roles_and_accounts_and_deactivate(people: Client, ada: User) -> None:
    change(people, ada, groups=role("operator").pk)
    [own] = Membership.objects.all()

    change(people, ada, is_active="", groups=[])
    people.post(f"{MEMBERSHIPS}{own.pk}/delete/", {"post": "yes"})

    assert rights("ada") == (False, False, False, [], 0)
    assert not Membership.objects.exists()


def test_nobody_gives_a_role_with_a_right_that_they_lack(people: Client, ada: User) -> None:
    beyond = Group.objects.create(name="beyond")
    beyond.permissions.add(
        Permission.objects.get(codename="view_tracerecord"), Permission.objects.get(codename="delete_user")
    )

    for refused in ("engineer", "records clerk", "ticket reader", "beyond"):
        page = change(people, ada, groups=[role("operator").pk, role(refused).pk])
        assertContains(page, "is not one of the available choices")
        assertNotContains(page, f">{refused}</option>")

    assert rights("ada") == (True, False, False, [], 0)


def test_fields_that_the_page_does_not_have_are_ignored(people: Client, ada: User) -> None:
    every = [*Permission.objects.values_list("pk", flat=True)]
    more = {"is_superuser": "on", "is_staff": "on", "user_permissions": every, "password": "x", "_to_field": "id"}

    assert change(people, ada, **more).status_code == 302
    people.post(f"{USERS}add/", {"username": "eve", **FIRST_PASSWORD, **more, "groups": role("engineer").pk})

    assert rights("ada") == rights("eve") == (True, False, False, [], 0)
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def beyond_reach() -> list[User]:
    """Return users whom pat may not change, active or not: each has a right that pat lacks."""
    special = staff("special")
    special.user_permissions.add(Permission.objects.get(codename="delete_user"))
    idle = staff("idle", "engineer")
    User.objects.filter(pk=idle.pk).update(is_active=False)
    retired = User.objects.create_superuser("retired", is_active=False)
    return [staff("engineer", "engineer"), special, idle, retired, User.objects.create_superuser("root")]


def test_nobody_changes_a_user_with_more_rights_or_themselves(people: Client, pat: User) -> None:
    for user in (*beyond_reach(), pat):
        before = rights(user.username)
        Membership.objects.create(user=user, account_id=OWN)

        assert change(people, user, email="pat@evil.example", groups=role("operator").pk).status_code == 403
        given = people.post(f"{MEMBERSHIPS}add/", {"user": user.username, "accounts": FOREIGN})
        assertContains(given, "You may give this user no accounts.")
        key = Membership.objects.get(user=user).pk
        assert people.post(f"{MEMBERSHIPS}{key}/delete/", {"post": "yes"}).status_code == 403
        people.post(MEMBERSHIPS, {"action": "delete_selected", "_selected_action": key, "post": "yes"})

        assert people.get(f"{USERS}{user.pk}/change/").status_code == 200
        assert rights(user.username) == before
        assert User.objects.get(pk=user.pk).email != "pat@evil.example"
        assert [each.account_id for each in Membership.objects.filter(user=user)] == [OWN]


def test_nobody_but_a_superuser_sets_the_password_of_another(people: Client, ada: User) -> None:
    response = people.post(f"{USERS}{ada.pk}/password/", FIRST_PASSWORD)

    assert response.status_code == 403
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_nobody_deletes_a_user(people: Client, ada: User) -> None:
    people.post(f"{USERS}{ada.pk}/delete/", {"post": "yes"})
    people.post(USERS, {"action": "delete_selected", "_selected_action": ada.pk, "post": "yes"})

    assert User.objects.filter(pk=ada.pk).exists()


@pytest.mark.parametrize("name", ["operator", "engineer"])
def test_other_roles_change_no_users(name: str, ada: User) -> None:
    client = Client()
    client.force_login(staff("someone", name))

    assert change(client, ada, email="x@evil.example").status_code == 403
    assert client.post(f"{MEMBERSHIPS}add/", {"user": "ada", "accounts": FOREIGN}).status_code == 403
    assert client.get(USERS).status_code == 403


def invite(client: Client, *users: User) -> str:
    keys = [user.pk for user in users]
    page = client.post(USERS, {"action": "invite", "_selected_action": keys}, follow=True)
    wait_for_mail()
    return page.text


def test_those_without_a_password_are_invited(people: Client, ada: User, pat: User) -> None:
    eve = User.objects.create_user("eve", "eve@example.test")
    nowhere = User.objects.create_user("nowhere")
    gone = User.objects.create_user("gone", "gone@example.test", is_active=False)
    engineer = staff("engineer", "engineer")
    engineer.set_unusable_password()
    engineer.save()

    page = invite(people, ada, eve, nowhere, gone, engineer, pat)

    assert "Invitations on their way: 1." in page
    assert [each.to for each in mail.outbox] == [["eve@example.test"]]
    [path] = re.findall(r"http://testserver(/\S+)", str(mail.outbox[0].body))
    assert set_password(Client(), path) == 302
    assert audit()[-1] == "password_changed eve"


def test_without_a_mail_server_nobody_is_invited(people: Client, settings: Settings) -> None:
    settings.MAILS_PASSWORD_RESETS = False

    page = invite(people, User.objects.create_user("eve", "eve@example.test"))

    assert "No mail server is configured." in page
    assert mail.outbox == []


def test_the_list_of_memberships_shows_who_has_an_account(people: Client, ada: User) -> None:
    signed_in("eve", FOREIGN)

    page = people.get(f"{MEMBERSHIPS}?q={OWN}")

    assertContains(page, ">ada<")
    assertNotContains(page, ">eve<")


def test_the_page_of_a_user_with_many_accounts_shows_the_first(people: Client, ada: User) -> None:
    Membership.objects.bulk_create(Membership(user=ada, account_id=f"acct_{number:05}") for number in range(100))

    page = people.get(f"{USERS}{ada.pk}/change/")

    assertContains(page, "acct_00099, …")
    assertNotContains(page, OWN)
