"""A people administrator forges forms about users of any rights: nobody gets a right that the giver lacks."""

import random
from collections.abc import Sequence

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from access.models import Membership
from operators.roles import roles
from tests.torture.conftest import Promise, sized

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ROUNDS = sized(4, 100)
USERS, MEMBERSHIPS = "/admin/auth/user/", "/admin/access/membership/"
ACCOUNT, PASSWORD = "acct_10234", "another-horse-battery"
FLAGS = {"is_active": "on", "is_staff": "on", "is_superuser": "on", "password": "x", "usable_password": "true"}
# What the page of a superuser asks for.
JOINED = {"date_joined_0": "2026-11-01", "date_joined_1": "12:00:00"}
Rights = tuple[set[str], set[str], bool, bool, str, str]


def some(names: Sequence[str]) -> list[str]:
    return random.sample(names, random.randint(0, len(names)))  # noqa: S311 - no secret


def make_user(name: str, *, groups: Sequence[str]) -> User:
    user = User.objects.create_user(name, f"{name}@example.test", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def make_target(number: int, *, within: Sequence[str]) -> User:
    """Return, every other time, a user with roles `within` the giver's; else one with any, also idle or a superuser."""
    if number % 2 == 0:
        user = make_user(f"target{number}", groups=some(within))
    else:
        is_superuser = number % 3 == 0
        user = make_user(f"target{number}", groups=some(within if is_superuser else [*roles()]))
        user.user_permissions.set(random.sample([*Permission.objects.all()], number % 3))
        User.objects.filter(pk=user.pk).update(is_superuser=is_superuser, is_active=number % 4 != 1)
    Membership.objects.create(user=user, account_id=ACCOUNT)
    return User.objects.get(pk=user.pk)


def names(found: object) -> set[str]:
    return {f"{right.content_type.app_label}.{right.codename}" for right in found}  # type: ignore[attr-defined]


def rights(key: int) -> Rights:
    """Return what a user may do and ask about, and whether and with what they sign in."""
    user = User.objects.get(pk=key)
    held = Permission.objects.select_related("content_type")
    permissions = names(held.filter(group__user=user)) | names(held.filter(user=user))
    accounts = {*Membership.objects.filter(user=user).values_list("account_id", flat=True)}
    return permissions, accounts, user.is_superuser, user.is_active, user.password, user.email


def forge(client: Client, user: User) -> None:
    """Send every form about this user, with every field that any of them has."""
    every = [*Group.objects.values_list("pk", flat=True)]
    stolen = FLAGS | JOINED | {"password1": PASSWORD, "password2": PASSWORD, "email": "evil@example.test"}
    stolen |= {"username": user.username, "user_permissions": [*Permission.objects.values_list("pk", flat=True)[:200]]}  # type: ignore[dict-item]
    groups = [every, *([key] for key in every), []]
    random.shuffle(groups)
    for chosen in groups:
        client.post(f"{USERS}{user.pk}/change/", stolen | {"groups": chosen})
    client.post(f"{USERS}{user.pk}/password/", stolen)
    client.post(f"{USERS}{user.pk}/delete/", {"post": "yes"})
    client.post(f"{MEMBERSHIPS}add/", {"user": user.username, "accounts": "acct_20468 acct_51170"})
    for key in Membership.objects.filter(user=user).values_list("pk", flat=True):
        client.post(f"{MEMBERSHIPS}{key}/delete/", {"post": "yes"})
        client.post(MEMBERSHIPS, {"action": "delete_selected", "_selected_action": key, "post": "yes"})
    client.post(USERS, {"action": "delete_selected", "_selected_action": user.pk, "post": "yes"})


def test_no_forged_form_gives_a_right_that_the_giver_lacks(promise: Promise) -> None:
    out_of_reach = changed = 0
    for number in range(ROUNDS):
        held = ["people administrator", *some([*roles()])]
        giver = make_user(f"giver{number}", groups=held)
        own = rights(giver.pk)
        client = Client()
        client.force_login(giver)
        for target in (make_target(number, within=held), giver):
            before = rights(target.pk)
            is_beyond = target == giver or target.is_superuser or not before[0] <= own[0]

            forge(client, target)

            after = rights(target.pk)
            assert after == before if is_beyond else after[0] <= own[0]
            assert (after[2], after[4]) == (before[2], before[4])
            out_of_reach, changed = out_of_reach + is_beyond, changed + (after != before)
    assert changed >= ROUNDS // 2
    promise(
        4, f"rights: {2 * ROUNDS} users, {out_of_reach} out of reach, {changed} changed, rights beyond the giver's: 0"
    )
