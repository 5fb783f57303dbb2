"""Who may open which page of the admin: every address of it, so that none can be forgotten."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from access.models import ApiToken, Membership
from evals.models import EvalRun
from rotation.models import Credential
from tests.ledger.rows import closed_row
from tests.operators.conftest import LOGIN, Visitors
from tests.operators.matrix import MATRIX, VISITORS
from traces.reviews import Review

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.any_database

Keys = dict[str, object]


def admin_routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Walk the project's own addresses; a pattern that stands for several sections is each of them."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        sections = re.fullmatch(r"admin/\^\(\?P<app_label>([a-z|]+)\)/\$", route)
        if isinstance(entry, URLResolver):
            yield from admin_routes(entry, route)
        elif sections:
            yield from (f"admin/{section}/" for section in sections[1].split("|"))
        elif route.startswith("admin/"):
            yield route.replace("(?P<url>.*)$", "nowhere/")


@pytest.fixture
def keys(credential: Credential) -> Keys:
    """The key of one object for each model of the admin, by its section and name."""
    trace, now = closed_row(), timezone.now()
    figures = {"passed": 1, "measured": 1, "low": 0.2, "high": 1.0}
    run = EvalRun(gate_holds=True, whole_split=True, figures=figures, outcomes=[], started_at=now, finished_at=now)
    run.save()
    reviewer = User.objects.create_user("reviewer")
    review = Review(trace=trace, number=1, reviewer=reviewer, reviewed_at=now, outcome="cannot_tell", reason="other")
    review.save()
    token = ApiToken(name="a program")
    token.issue(["acct_10234"])
    return {
        "auth/user": User.objects.create_user("someone").pk,
        "auth/group": Group.objects.create(name="some group").pk,
        "access/membership": Membership.objects.create(user=reviewer, account_id="acct_10234").pk,
        "access/apitoken": token.pk,
        "traces/tracerecord": trace.pk,
        "traces/review": review.pk,
        "rotation/credential": credential.pk,
        "evals/evalrun": run.pk,
    }


def address(route: str, keys: Keys) -> str:
    """Fill a route's places: the content type is that of credentials, and so is the object where no model stands."""
    model = "/".join(route.split("/")[1:3])
    content_type = ContentType.objects.get_for_model(Credential)
    filled = route.replace("<path:content_type_id>", str(content_type.pk))
    return "/" + re.sub(r"<(?:path:object_id|id)>", quote(str(keys.get(model, 1))), filled)


def told(response: "Response") -> str:
    return "login" if response.get("Location", "").startswith(LOGIN) else str(response.status_code)


def test_the_matrix_has_every_address_of_the_admin_and_no_other() -> None:
    assert sorted(set(admin_routes())) == sorted(MATRIX)


def told_all(visitors: Visitors, method: str, page: str) -> str:
    """Ask as each visitor, with a copy of the cookies, and undo whatever that did."""
    answers = []
    for name in VISITORS:
        client = Client()
        client.cookies.update(visitors[name].cookies)
        with transaction.atomic():
            answers.append(told(client.generic(method, page, "post=yes", "application/x-www-form-urlencoded")))
            transaction.set_rollback(True)
    return " ".join(answers)


def test_each_visitor_is_answered_as_the_matrix_says(visitors: Visitors, keys: Keys, subtests: pytest.Subtests) -> None:
    for route, expected in MATRIX.items():
        with subtests.test(route):
            page = address(route, keys)
            assert told_all(visitors, "GET", page) == expected.get
            assert told_all(visitors, "POST", page) == expected.post
