"""A user's sessions end with what gave them their rights, and all at once."""

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from access.models import Membership
from access.sessions import UserSession, end_sessions
from tests.access.conftest import FOREIGN, OWN, PASSWORD, Visitor
from tests.interfaces.conftest import BROWSER

pytestmark = pytest.mark.any_database

NEW = "another-horse-battery"


@pytest.fixture
def sessions(ada: User) -> list[Client]:
    """Two browsers in which ada is signed in."""
    browsers = [Client(headers={"Accept": BROWSER}) for _ in range(2)]
    for browser in browsers:
        browser.post("/sign-in", {"username": "ada", "password": PASSWORD})
    return browsers


@pytest.fixture
def group(ada: User) -> Group:
    group = Group.objects.create(name="a role")
    ada.groups.add(group)
    return group


def count(user: User) -> int:
    return UserSession.objects.filter(user_id=user.pk).count()


def test_there_is_a_row_for_each_session_and_its_user(sessions: list[Client], ada: User) -> None:
    assert (count(ada), Session.objects.count()) == (2, 2)

    sessions[0].post("/sign-out")

    assert count(ada) == 1


def test_all_sessions_of_one_user_end_at_once(sessions: list[Client], ada: User) -> None:
    eve = User.objects.create_user("eve")
    other = Client()
    other.force_login(eve)

    assert (end_sessions(ada), end_sessions(ada), count(eve)) == (2, 0, 1)
    assert [Visitor(browser).ask_json(OWN).status_code for browser in sessions] == [401, 401]


def test_a_changed_password_leaves_the_own_session_alone(sessions: list[Client], ada: User) -> None:
    passwords = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

    assert sessions[0].post("/password", passwords).status_code == 302

    assert count(ada) == 1
    assert [Visitor(browser).ask_json(OWN).status_code for browser in sessions] == [200, 401]


def test_a_newer_hash_of_the_same_password_ends_nothing(sessions: list[Client], ada: User) -> None:
    ada.save(update_fields=["password"])
    ada.save()

    assert count(ada) == 2


def test_deactivation_ends_them_also_if_it_is_taken_back(sessions: list[Client], ada: User) -> None:
    for active in (False, True):
        ada.is_active = active
        ada.save()

    assert count(ada) == 0


def test_the_last_membership_takes_them_along(sessions: list[Client], ada: User) -> None:
    Membership.objects.create(user=ada, account_id=FOREIGN)

    left = []
    for membership in Membership.objects.filter(user=ada):
        membership.delete()
        left.append(count(ada))

    assert left == [2, 0]


def test_a_role_keeps_them_without_a_membership(sessions: list[Client], ada: User, group: Group) -> None:
    Membership.objects.filter(user=ada).delete()

    assert count(ada) == 2


@pytest.mark.parametrize("way", ["remove", "set", "clear", "from the group", "emptied group", "deleted group"])
def test_the_last_role_takes_them_along(
    way: str,
    sessions: list[Client],
    ada: User,
    group: Group,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        match way:
            case "remove":
                ada.groups.remove(group)
            case "set":
                ada.groups.set([])
            case "clear":
                ada.groups.clear()
            case "from the group":
                group.user_set.remove(ada)
            case "emptied group":
                group.user_set.clear()
            case _:
                group.delete()

    assert count(ada) == 0


def test_another_role_or_being_a_superuser_keeps_them(
    sessions: list[Client],
    ada: User,
    group: Group,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    other = Group.objects.create(name="another")
    ada.groups.add(other)

    with django_capture_on_commit_callbacks(execute=True):
        ada.groups.remove(group)
    User.objects.filter(pk=ada.pk).update(is_superuser=True)
    with django_capture_on_commit_callbacks(execute=True):
        ada.groups.remove(other)
    Membership.objects.filter(user=ada).delete()

    assert count(ada) == 2


def test_ended_sessions_are_pruned(sessions: list[Client], ada: User) -> None:
    Session.objects.update(expire_date=timezone.now())

    call_command("clearsessions")

    assert count(ada) == 0
