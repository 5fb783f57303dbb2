"""Who comes to the admin, and how they sign in."""

from typing import TYPE_CHECKING, Protocol

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from config.roles import ROLES, grant_roles

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

PASSWORD = "correct-horse-battery"
PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LOGIN = "/admin/login/"

Visitors = dict[str, Client]


class SignIn(Protocol):
    def __call__(
        self,
        name: str = ...,
        password: str = ...,
        *,
        client: Client | None = ...,
        address: str = ...,
        forwarded: str = ...,
        accept: str = ...,
    ) -> "Response": ...


@pytest.fixture
def roles(db: None) -> None:
    """Make the groups again: a test that commits empties every table behind it."""
    grant_roles(apps, connection.schema_editor())


@pytest.fixture
def visitors(roles: None) -> Visitors:
    """A client for each kind of visitor, signed in as who they are."""
    users = {
        "plain user": User.objects.create_user("plain"),
        "staff": User.objects.create_user("staff", is_staff=True),
        **{role: User.objects.create_user(role, is_staff=True) for role in ROLES},
        "superuser": User.objects.create_superuser("root"),
    }
    for role in ROLES:
        users[role].groups.add(Group.objects.get(name=role))
    clients = {name: Client() for name in users}
    for name, client in clients.items():
        client.force_login(users[name])
    return {"anonymous": Client(), **clients}


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_user("ada", "ada.lovelace@example.test", PASSWORD, is_staff=True)


@pytest.fixture
def sign_in(operator: User) -> SignIn:
    """Send the login form, by default as `ada` from 192.0.2.1 in a fresh browser."""

    def send(
        name: str = "ada",
        password: str = PASSWORD,
        *,
        client: Client | None = None,
        address: str = "192.0.2.1",
        forwarded: str = "",
        accept: str = PAGE,
    ) -> "Response":
        form = {"username": name, "password": password, "next": "/admin/"}
        headers = {"Accept": accept, "X-Forwarded-For": forwarded}
        return (client or Client()).post(LOGIN, form, REMOTE_ADDR=address, headers=headers)

    return send
