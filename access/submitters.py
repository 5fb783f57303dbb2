"""
Who sends a request: a program with a token, a signed-in user, a browser with our cookie or, in open mode, anyone.
The command `decide_many` sends for a user or as `batch`.

A token outranks the cookies of its request.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from access.logins import count_refused_token
from access.models import ApiToken
from access.refusals import Refusal, wants_page
from access.tokens import digest_of
from traces.models import TraceQuerySet, TraceRecord

# The name of 0.2.0, which is read until 0.4.0. Over HTTPS we set SUBMITTER_COOKIE_NAME, with the same random value.
COOKIE = "submitter"
COOKIE_AGE_SECONDS = 365 * 24 * 3600
OPEN, BATCH = "open", "batch"
BEARER = re.compile(r"bearer(?: +(.*))?", re.IGNORECASE)

Response = TypeVar("Response", bound=HttpResponse)

# Queried on every request so that revocation takes effect immediately. The statements are plain SQL, because building
# them with the ORM took a quarter of a decision's time.
FIND_HOLDER = """
    SELECT id FROM access_apitoken
    WHERE digest = %s AND revoked_at IS NULL AND (expires_on IS NULL OR expires_on >= %s)
"""
FIND_GRANT = "SELECT 1 FROM access_tokenaccount WHERE token_id = %s AND account_id = %s"
FIND_MEMBERSHIP = "SELECT 1 FROM access_membership WHERE user_id = %s AND account_id = %s"


@dataclass(frozen=True)
class Asker:
    """The sender of a request: the submitter that the ledger stores, and which accounts they may ask about."""

    submitter: str
    may_ask_about: Callable[[str], bool] = lambda _account_id: True


def asker_of(request: HttpRequest) -> Asker:
    """:raises Refusal: the token is not valid, or members mode needs a token or a sign-in"""
    if (bearer := bearer_of(request)) is not None:
        return _token_holder(request, bearer)
    # Without the session cookie, reading `request.user` would only cost time.
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return _user(request.user.pk)
    if settings.ACCESS == "members":
        raise _sign_in_required(request)
    browser = _browser_of(request, settings.SUBMITTER_COOKIE_NAME) or _browser_of(request, COOKIE)
    return Asker(f"browser:{browser}" if browser else OPEN)


def user_named(username: str) -> Asker:
    """:raises django.core.exceptions.ObjectDoesNotExist: no active user has this name"""
    return _user(get_user_model().objects.get(username=username, is_active=True).pk)


def submitter_of(request: HttpRequest) -> str:
    """:raises Refusal: see `asker_of`"""
    return asker_of(request).submitter


def mail_address_of(submitter: str) -> str | None:
    """Return where an active user is mailed. None for any other submitter, and where no mail can be sent."""
    kind, _, pk = submitter.partition(":")
    if kind != "user" or not settings.MAILS_PASSWORD_RESETS:
        return None
    users = get_user_model().objects.filter(pk=pk, is_active=True).exclude(email="")
    return users.values_list("email", flat=True).first()


def bearer_of(request: HttpRequest) -> str | None:
    """Return the token of a Bearer Authorization header, which may be empty. None for another scheme."""
    found = BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    return (found[1] or "").strip() if found else None


def remember_browser(request: HttpRequest, response: Response) -> Response:
    """In open mode, set a signed cookie with a random name if the browser has none. Members have a session cookie."""
    name = settings.SUBMITTER_COOKIE_NAME
    if settings.ACCESS == "open" and _browser_of(request, name) is None:
        browser = _browser_of(request, COOKIE) or secrets.token_urlsafe(16)
        attributes = {"max_age": COOKIE_AGE_SECONDS, "secure": settings.HTTPS, "httponly": True, "samesite": "Lax"}
        response.set_signed_cookie(name, browser, salt=COOKIE, **attributes)
    return response


def readable_traces(submitter: str) -> TraceQuerySet:
    """
    Return the traces that this submitter may read: in members mode their own, in open mode all.

    Other traces are filtered out by the query, so that they take the same time as an id that does not exist.
    """
    traces = TraceQuerySet(TraceRecord)
    return traces if settings.ACCESS == "open" else traces.filter(submitter=submitter)


def _browser_of(request: HttpRequest, name: str) -> str | None:
    return request.get_signed_cookie(name, default=None, salt=COOKIE)


def _user(pk: int) -> Asker:
    members_only = settings.ACCESS == "members"
    return Asker(f"user:{pk}", partial(_is_granted, FIND_MEMBERSHIP, pk)) if members_only else Asker(f"user:{pk}")


def _token_holder(request: HttpRequest, bearer: str) -> Asker:
    token_id = _select_number(FIND_HOLDER, digest_of(bearer), timezone.now().date())
    if token_id is None:
        count_refused_token(request)
        detail = "This token is not accepted: it is wrong, has expired or was revoked. Send another one."
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise Refusal(HTTPStatus.UNAUTHORIZED, "invalid_token", detail, headers=headers)
    return Asker(ApiToken(pk=token_id).submitter, partial(_is_granted, FIND_GRANT, token_id))


def _is_granted(statement: str, holder: int, account_id: str) -> bool:
    return _select_number(statement, holder, account_id) is not None


def _select_number(statement: str, *values: str | int | date) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return row and int(row[0])


def _sign_in_required(request: HttpRequest) -> Refusal:
    """Respond 401 to a program, which can send a token, and 403 to a browser, which cannot."""
    if wants_page(request):
        return Refusal(HTTPStatus.FORBIDDEN, "sign_in_required", "Sign in to continue.")
    detail, headers = "Sign in, or send a token as Authorization: Bearer.", {"WWW-Authenticate": "Bearer"}
    return Refusal(HTTPStatus.UNAUTHORIZED, "sign_in_required", detail, headers=headers)
