"""
Who asks: a program by its token, a signed-in user, a browser known by a cookie of its own, or, in open mode, anyone.

A request that bears a token is the token's, whatever cookies it carries.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from access.models import ApiToken
from access.refusals import Refusal, wants_page
from access.tokens import digest_of, read_bearer
from traces.models import TraceQuerySet, TraceRecord

COOKIE = "submitter"
COOKIE_AGE_SECONDS = 365 * 24 * 3600
OPEN = "open"

Response = TypeVar("Response", bound=HttpResponse)


# Asked anew on each request, so that a revocation holds at once; as plain statements, for the ORM took a quarter of a
# decision to make them.
USABLE = """
    SELECT id FROM access_apitoken
    WHERE digest = %s AND revoked_at IS NULL AND (expires_on IS NULL OR expires_on >= %s)
"""
GRANT = "SELECT 1 FROM access_tokenaccount WHERE token_id = %s AND account_id = %s"
MEMBERSHIP = "SELECT 1 FROM access_membership WHERE user_id = %s AND account_id = %s"


@dataclass(frozen=True)
class Asker:
    """Who asks, as the ledger names them, and which accounts they may ask about."""

    submitter: str
    may_ask_about: Callable[[str], bool] = lambda _account_id: True


def asker_of(request: HttpRequest) -> Asker:
    """
    Tell who asks.

    :raises Refusal: for a token that is not taken, and in members mode for who neither bears one nor has signed in
    """
    bearer = bearer_of(request)
    if bearer is not None:
        return _holder(bearer)
    members_only = settings.ACCESS == "members"
    # Without its cookie there is no session to look into.
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        user = f"user:{request.user.pk}"
        return Asker(user, partial(_is_granted, MEMBERSHIP, request.user.pk)) if members_only else Asker(user)
    if members_only:
        raise _sign_in_required(request)
    browser = request.get_signed_cookie(COOKIE, default=None, salt=COOKIE)
    return Asker(f"browser:{browser}" if browser else OPEN)


def submitter_of(request: HttpRequest) -> str:
    """
    Name the submitter as its rows will.

    :raises Refusal: as `asker_of`
    """
    return asker_of(request).submitter


def bearer_of(request: HttpRequest) -> str | None:
    return read_bearer(request.headers.get("Authorization", ""))


def is_stranger(request: HttpRequest) -> bool:
    """In members mode, whether somebody has to sign in first."""
    return settings.ACCESS == "members" and bearer_of(request) is None and not request.user.is_authenticated


def remember_browser(request: HttpRequest, response: Response) -> Response:
    """Give a browser that we do not know yet a signed cookie with a random name for it; members are known by theirs."""
    if settings.ACCESS == "open" and request.get_signed_cookie(COOKIE, default=None, salt=COOKIE) is None:
        response.set_signed_cookie(
            COOKIE,
            secrets.token_urlsafe(16),
            salt=COOKIE,
            max_age=COOKIE_AGE_SECONDS,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )
    return response


def readable(submitter: str) -> TraceQuerySet:
    """
    Give the traces this submitter may read: members their own; in open mode who holds a trace's id may read it.

    What is not theirs is not even found, so that it costs what an id costs that was never given.
    """
    traces = TraceQuerySet(TraceRecord)
    return traces if settings.ACCESS == "open" else traces.filter(submitter=submitter)


def _holder(bearer: str) -> Asker:
    """Take every token that is not usable, whatever is wrong with it, for one that never was."""
    held = _first(USABLE, digest_of(bearer), timezone.now().date())
    if held is None:
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "invalid_token",
            "This token is not accepted: it is wrong, has expired or was revoked.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return Asker(ApiToken(pk=held).submitter, partial(_is_granted, GRANT, held))


def _is_granted(statement: str, holder: int, account_id: str) -> bool:
    return _first(statement, holder, account_id) is not None


def _first(statement: str, *values: str | int | date) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return row and int(row[0])


def _sign_in_required(request: HttpRequest) -> Refusal:
    """A program is asked for its token; to a browser, which has none, it is simply not allowed."""
    if wants_page(request):
        return Refusal(HTTPStatus.FORBIDDEN, "sign_in_required", "Sign in to continue.")
    return Refusal(
        HTTPStatus.UNAUTHORIZED,
        "sign_in_required",
        "Sign in, or send a token as Authorization: Bearer.",
        headers={"WWW-Authenticate": "Bearer"},
    )
