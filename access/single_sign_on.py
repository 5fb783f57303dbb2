"""Signing in at the company's issuer. Its tokens are read once and never stored or logged."""

import logging
from dataclasses import asdict
from http import HTTPStatus
from secrets import compare_digest
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import login
from django.db import IntegrityError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from access.admission import move_to_decisions
from access.attempts import Attempt, Claims, IssuerUnavailable, SignInRefused
from access.identities import NotAdmitted, user_of
from access.logins import count_failed_single_sign_on, require_unlocked_address
from access.refusals import allow
from access.sessions import SINGLE_SIGN_ON

if TYPE_CHECKING:
    from access.issuer import Issuer

logger = logging.getLogger(__name__)
# Where the issuer sends the browser back to, and where the attempt is kept until then.
CALLBACK = "sign-in/oidc/callback"
KEPT = "single_sign_on"
LONGEST_PATH = 2000


@allow("GET")
def go_to_issuer(request: HttpRequest) -> HttpResponse:
    _prepare(request)
    attempt = Attempt()
    try:
        address = _issuer().address_of(attempt, redirect_uri=_redirect_uri())
    except IssuerUnavailable as failure:
        return _failed(request, failure, HTTPStatus.SERVICE_UNAVAILABLE)
    following = request.GET.get("next", "")[:LONGEST_PATH]
    is_ours = url_has_allowed_host_and_scheme(following, {request.get_host()}, require_https=request.is_secure())
    request.session[KEPT] = {"attempt": asdict(attempt), "next": following if is_ours else "/"}
    return HttpResponseRedirect(address)


@allow("GET")
def come_back(request: HttpRequest) -> HttpResponse:
    _prepare(request)
    kept = request.session.pop(KEPT, None)
    try:
        user = user_of(_claims(request, kept and Attempt(**kept["attempt"])))
    except IssuerUnavailable as failure:
        return _failed(request, failure, HTTPStatus.SERVICE_UNAVAILABLE)
    except NotAdmitted as failure:
        return _failed(request, failure, HTTPStatus.FORBIDDEN)
    except (SignInRefused, IntegrityError) as failure:
        # Two first sign-ins of one person at the same moment make one user, and the other is told to try again.
        # A picture on another site makes browsers come here without our cookie. It could lock out a whole office.
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            count_failed_single_sign_on(request)
        return _failed(request, failure, HTTPStatus.FORBIDDEN)
    login(request, user, backend=SINGLE_SIGN_ON)
    return HttpResponseRedirect(kept["next"])


def _prepare(request: HttpRequest) -> None:
    """
    Wait for the issuer as decisions wait for a model: in one of their places, and without a pooled connection.

    :raises Refusal: too many sign-ins from this address failed, or all places are taken
    """
    if not settings.OIDC_ISSUER:
        raise Http404
    require_unlocked_address(request)
    # Read it before the connection is given back.
    request.session.get(KEPT)
    move_to_decisions()
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _claims(request: HttpRequest, attempt: Attempt | None) -> Claims:
    state, code = request.GET.get("state", ""), request.GET.get("code", "")
    if not attempt or not code or not compare_digest(state.encode(), attempt.state.encode()):
        raise SignInRefused
    return _issuer().claims_of(code, attempt, redirect_uri=_redirect_uri())


def _issuer() -> "Issuer":
    """:raises IssuerUnavailable:"""
    # Imported here, because joserfc, libcurl and httpx2 would add 160 ms to the start of every command.
    from access.issuer import Issuer  # noqa: PLC0415

    return Issuer()


def _redirect_uri() -> str:
    return f"{settings.SITE_ADDRESS}/{CALLBACK}"


def _failed(request: HttpRequest, failure: Exception, status: HTTPStatus) -> HttpResponse:
    name = type(failure).__name__
    logger.warning("a single sign-on ended in %s", name)
    context = {"failure": name, "status": status}
    return render(request, "access/single_sign_on_failed.html", context, status=status)
