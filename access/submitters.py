"""Who asks: a signed-in user, a browser known by a cookie of its own, or, in open mode, anyone."""

import secrets
from http import HTTPStatus
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from access.refusals import Refusal
from traces.models import TraceRecord

COOKIE = "submitter"
COOKIE_AGE_SECONDS = 365 * 24 * 3600
OPEN = "open"

Response = TypeVar("Response", bound=HttpResponse)


def submitter_of(request: HttpRequest) -> str:
    """
    Name the submitter as its rows will.

    :raises Refusal: 403 in members mode for who has not signed in
    """
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    if settings.ACCESS == "members":
        raise Refusal(HTTPStatus.FORBIDDEN, "sign_in_required", "Sign in to ask for a decision.")
    browser = request.get_signed_cookie(COOKIE, default=None, salt=COOKIE)
    return f"browser:{browser}" if browser else OPEN


def remember_browser(request: HttpRequest, response: Response) -> Response:
    """Give a browser that we do not know yet a signed cookie with a random name for it."""
    if request.get_signed_cookie(COOKIE, default=None, salt=COOKIE) is None:
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


def may_read(submitter: str, trace: TraceRecord) -> bool:
    """In open mode who holds a trace's id may read it; members read their own."""
    return settings.ACCESS == "open" or trace.submitter == submitter
