"""
Who asks: a program by its token, a signed-in user, a browser known by a cookie of its own, or, in open mode, anyone.

A request that bears a token is the token's, whatever cookies it carries.
"""

import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from access.models import ApiToken, Membership, TokenAccount
from access.refusals import Refusal, wants_page
from access.tokens import digest_of, read_bearer
from traces.models import TraceQuerySet, TraceRecord

COOKIE = "submitter"
COOKIE_AGE_SECONDS = 365 * 24 * 3600
OPEN = "open"

Response = TypeVar("Response", bound=HttpResponse)


@dataclass(frozen=True)
class Asker:
    """Who asks, as the ledger names them, and the accounts they may ask about; None is any account."""

    submitter: str
    accounts: QuerySet[Membership] | QuerySet[TokenAccount] | None = None

    def may_ask_about(self, account_id: str) -> bool:
        return self.accounts is None or self.accounts.filter(account_id=account_id).exists()


def asker_of(request: HttpRequest) -> Asker:
    """
    Tell who asks.

    :raises Refusal: for a token that is not taken, and in members mode for who neither bears one nor has signed in
    """
    bearer = bearer_of(request)
    if bearer is not None:
        return _holder(bearer)
    members_only = settings.ACCESS == "members"
    if request.user.is_authenticated:
        own = Membership.objects.filter(user_id=request.user.pk)
        return Asker(f"user:{request.user.pk}", own if members_only else None)
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
    token = ApiToken.objects.usable(on=timezone.now().date()).filter(digest=digest_of(bearer)).first()
    if token is None:
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "invalid_token",
            "This token is not taken: it is wrong, has expired or was revoked.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return Asker(token.submitter, token.accounts.all())


def _sign_in_required(request: HttpRequest) -> Refusal:
    """A program is asked for its token; to a browser, which has none, it is simply not allowed."""
    if wants_page(request):
        return Refusal(HTTPStatus.FORBIDDEN, "sign_in_required", "Sign in to ask for a decision.")
    return Refusal(
        HTTPStatus.UNAUTHORIZED,
        "sign_in_required",
        "Sign in, or send a token as Authorization: Bearer.",
        headers={"WWW-Authenticate": "Bearer"},
    )
