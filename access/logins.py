"""The limit on failed sign-ins, and the response beyond it. django-axes keeps the count in the database."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_cool_off, get_failure_limit
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from access.refusals import Refusal, refuse

# One address may be a whole office, so its limit is that of this many names.
NAMES_PER_ADDRESS = 4

Credentials = dict[str, str] | None


class LoginHandler(AxesDatabaseHandler):
    """
    Count failed sign-ins per name and address, and per address for all names together.

    django-axes has one limit for both, so the address alone would decide. Here the limit of an address is
    NAMES_PER_ADDRESS times as high. A name is never locked for every address, because then anyone could lock an
    operator out.
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
        attempts_by = self.get_user_attempts(request, credentials)
        for attempts, divisor in zip(attempts_by, (1, NAMES_PER_ADDRESS), strict=True):
            found = attempts.aggregate(failures=Sum("failures_since_start", default=0), last_at=Max("attempt_time"))
            yield found["failures"] // divisor, found["last_at"]


def refuse_login(request: HttpRequest, _response: HttpResponse, credentials: Credentials) -> HttpResponse:
    """Respond in place of the login page, in the same way for known and unknown names."""
    wait = LoginHandler().locked_until(request, credentials) - timezone.now()
    seconds = max(1, ceil(wait.total_seconds()))
    minutes = ceil(seconds / 60)
    detail = f"Too many sign-ins failed. Come back in {minutes} minute{'' if minutes == 1 else 's'}."
    headers = {"Retry-After": str(seconds)}
    return refuse(request, Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_logins", detail, headers=headers))
