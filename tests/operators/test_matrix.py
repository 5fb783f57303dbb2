"""Which visitor may open which page of the admin. Every address is in the matrix."""

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie

import pytest
from django.contrib.admin.utils import quote
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver

from rotation.models import Credential
from tests.conftest import Response
from tests.operators.conftest import LOGIN, Keys, Visitors
from tests.operators.matrix import MATRIX, VISITORS

pytestmark = pytest.mark.any_database


def admin_routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Walk the project's own addresses. A pattern for several sections is expanded into each of them."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        sections = re.fullmatch(r"admin/\^\(\?P<app_label>([a-z|]+)\)/\$", route)
        if isinstance(entry, URLResolver):
            yield from admin_routes(entry, route)
        elif sections:
            yield from (f"admin/{section}/" for section in sections[1].split("|"))
        elif route.startswith("admin/"):
            yield route.replace("(?P<url>.*)$", "nowhere/")


def address(route: str, keys: Keys) -> str:
    """Fill in the parameters of a route. The content type is that of credentials."""
    model = "/".join(route.split("/")[1:3])
    content_type = ContentType.objects.get_for_model(Credential)
    filled = route.replace("<path:content_type_id>", str(content_type.pk))
    return "/" + re.sub(r"<(?:path:object_id|id)>", quote(str(keys.get(model, 1))), filled)


def answer_in(response: Response) -> str:
    return "login" if response.get("Location", "").startswith(LOGIN) else str(response.status_code)


def test_the_matrix_holds_every_address_of_the_admin_and_no_other() -> None:
    assert sorted(set(admin_routes())) == sorted(MATRIX)


def answers_of(visitors: Visitors, method: str, page: str) -> str:
    """Ask as each visitor, with a copy of the cookies, and roll back the changes."""
    # One client, because making one loads the middleware again.
    answers, client = [], Client()
    for name in VISITORS:
        client.cookies = SimpleCookie(visitors[name].cookies)
        with transaction.atomic():
            answers.append(answer_in(client.generic(method, page, "post=yes", "application/x-www-form-urlencoded")))
            transaction.set_rollback(True)
    return " ".join(answers)


def test_each_visitor_is_answered_as_the_matrix_says(visitors: Visitors, keys: Keys, subtests: pytest.Subtests) -> None:
    for route, expected in MATRIX.items():
        with subtests.test(route):
            page = address(route, keys)
            assert answers_of(visitors, "GET", page) == expected.get
            assert answers_of(visitors, "POST", page) == expected.post
