"""The limits on failed sign-ins and on refused tokens. django-axes keeps both counts in the database."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off, get_failure_limit
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from access.addresses import client_address
from access.refusals import Refusal, refuse

# One address may be a whole office, so its limit is that of this many names.
NAMES_PER_ADDRESS = 4
# Refused tokens are the failures of the empty name, which no sign-in form accepts.
TOKENS = {"username": ""}
# A failed single sign-on has no name of ours. No user name has brackets.
SINGLE_SIGN_ON = {"username": "(single sign-on)"}

Credentials = dict[str, str] | None


class LoginHandler(AxesDatabaseHandler):
    """
    Count failed sign-ins per name and address, and per address for all names together.

    django-axes has one limit for both, so the address alone would decide. Here the limit of an address is
    NAMES_PER_ADDRESS times as high. A name is never locked for every address, because then anyone could lock an
    operator out. Refused tokens have a count of their own, because else a program whose token has expired would lock
    out everybody who signs in from its address.
    """

    def get_failures(self, request: HttpRequest, credentials: Credentials = None) -> int:
        return max(failures for failures, _ in self._counts(request, credentials))

    def locked_until(self, request: HttpRequest, credentials: Credentials) -> datetime:
        """Return when the lock ends. Failures during the lock are not counted, so they do not extend it."""
        limit = get_failure_limit(request, credentials)
        locking = [last_at for failures, last_at in self._counts(request, credentials) if failures >= limit]
        return max(filter(None, locking), default=timezone.now()) + (get_cool_off(request) or timedelta())

    def reset_user_attempts(self, request: HttpRequest, credentials: Credentials = None) -> int:
        """Clear the name's failures only, so that one known password cannot clear the count of the whole address."""
        by_name, _by_address = self.filter_user_attempts(request, credentials)
        return by_name.delete()[0]

    def _counts(self, request: HttpRequest, credentials: Credentials) -> Iterator[tuple[int, datetime | None]]:
        by_name, by_address = self.get_user_attempts(request, credentials)
        counts = [(by_name, 1), (by_address.exclude(**TOKENS), NAMES_PER_ADDRESS)]
        if credentials == TOKENS:
            counts = [(by_name, NAMES_PER_ADDRESS)]
        elif credentials == SINGLE_SIGN_ON:
            del counts[0]
        for attempts, divisor in counts:
            found = attempts.aggregate(failures=Sum("failures_since_start", default=0), last_at=Max("attempt_time"))
            yield found["failures"] // divisor, found["last_at"]


class PasswordSwitch:
    """
    Where passwords are switched off, stop all but a superuser's: the way in while the issuer is down.

    Django's own backend checks the password, because sessions name it, and the release before shares them.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        username = credentials.get(User.USERNAME_FIELD)
        is_on = settings.PASSWORD_SIGN_IN == "on"  # noqa: S105
        if not is_on and not User.objects.filter(username=username, is_superuser=True).exists():
            # As for a wrong password, so that the time does not tell superusers from others.
            make_password(credentials.get("password"))
            raise PermissionDenied


def refuse_login(request: HttpRequest, _response: HttpResponse, credentials: Credentials) -> HttpResponse:
    """Respond in place of the login page, in the same way for known and unknown names."""
    return refuse(request, _too_many_logins(request, credentials))


def count_refused_token(request: HttpRequest) -> None:
    """
    Count a refused token of the client's address.

    :raises Refusal: the address has reached the limit; nothing is written then
    """
    counted = _address_alone(request)
    if AxesProxyHandler.is_locked(counted, TOKENS):
        wait, headers = _wait(counted, TOKENS)
        detail = f"Too many tokens from this address were refused. Send a valid one, or come back in {wait}."
        raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_tokens", detail, headers=headers)
    AxesProxyHandler.user_login_failed(__name__, TOKENS, counted)


def require_unlocked_address(request: HttpRequest) -> None:
    """:raises Refusal: too many sign-ins from this address failed, by password or single sign-on"""
    counted = _address_alone(request)
    if AxesProxyHandler.is_locked(counted, SINGLE_SIGN_ON):
        raise _too_many_logins(counted, SINGLE_SIGN_ON)


def count_failed_single_sign_on(request: HttpRequest) -> None:
    AxesProxyHandler.user_login_failed(__name__, SINGLE_SIGN_ON, _address_alone(request))


def _address_alone(request: HttpRequest) -> HttpRequest:
    """Return a request with nothing but the address. Of the request itself, axes would store headers, path and form."""
    counted = HttpRequest()
    # The peer of a unix socket that forwards no address has none. A row without an address would not be unique.
    counted.META["REMOTE_ADDR"] = client_address(request) or "::"
    return counted


def _too_many_logins(request: HttpRequest, credentials: Credentials) -> Refusal:
    wait, headers = _wait(request, credentials)
    detail = f"Too many sign-ins failed. Come back in {wait}."
    return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_logins", detail, headers=headers)


def _wait(request: HttpRequest, credentials: Credentials) -> tuple[str, dict[str, str]]:
    """Return how long the lock lasts, in words and as a header."""
    wait = LoginHandler().locked_until(request, credentials) - timezone.now()
    seconds = max(1, ceil(wait.total_seconds()))
    minutes = ceil(seconds / 60)
    return f"{minutes} minute{'' if minutes == 1 else 's'}", {"Retry-After": str(seconds)}
