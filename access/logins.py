"""How many sign-ins may fail, and what is said beyond that. django-axes keeps the count, in the database."""

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

# An address may be that of a whole office: it may fail as often as this many names may from one address.
NAMES_PER_ADDRESS = 4

Credentials = dict[str, str] | None


class LoginHandler(AxesDatabaseHandler):
    """
    Count what failed for a name from an address, and for an address whatever the name.

    django-axes has one limit for both, under which the name would not matter; here an address has NAMES_PER_ADDRESS
    times as much. A name is never locked everywhere: anyone could shut an operator out.
    """

    def get_failures(self, request: HttpRequest, credentials: Credentials = None) -> int:
        """Count the failures of the cool-off time, in names' worth."""
        return max(failures for failures, _ in self._counts(request, credentials))

    def locked_until(self, request: HttpRequest, credentials: Credentials) -> datetime:
        """Tell when the last failure that locks is forgotten; what fails meanwhile is not counted."""
        limit = get_failure_limit(request, credentials)
        locking = [last_at for failures, last_at in self._counts(request, credentials) if failures >= limit]
        return max(filter(None, locking), default=timezone.now()) + (get_cool_off(request) or timedelta())

    def reset_user_attempts(self, request: HttpRequest, credentials: Credentials = None) -> int:
        """Forget the name's failures alone: whoever knows one password must not clear the whole address by it."""
        by_name, _by_address = self.filter_user_attempts(request, credentials)
        deleted, _ = by_name.delete()
        return deleted

    def _counts(self, request: HttpRequest, credentials: Credentials) -> Iterator[tuple[int, datetime | None]]:
        attempts_by = self.get_user_attempts(request, credentials)
        for attempts, worth in zip(attempts_by, (1, NAMES_PER_ADDRESS), strict=True):
            found = attempts.aggregate(failures=Sum("failures_since_start", default=0), last_at=Max("attempt_time"))
            yield found["failures"] // worth, found["last_at"]


def refuse_login(request: HttpRequest, _response: HttpResponse, credentials: Credentials) -> HttpResponse:
    """Answer in place of the login page; the same for a name that we know and one that we do not."""
    wait = LoginHandler().locked_until(request, credentials) - timezone.now()
    seconds = max(1, ceil(wait.total_seconds()))
    minutes = ceil(seconds / 60)
    refusal = Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_logins",
        f"Too many sign-ins failed. Come back in {minutes} minute{'' if minutes == 1 else 's'}.",
        headers={"Retry-After": str(seconds)},
    )
    return refuse(request, refusal)
