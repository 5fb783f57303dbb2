"""What a worker of the web server checks before it serves. The commands of manage.py check none of it."""

import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.environment_names import unknown_names
from config.settings_checks import UNLIMITED, calls_are_unlimited, too_few_tokens
from operators.roles import roles
from traces.deadlines import CLOSING_SECONDS

# Threads that are left for probes and static files. Without them, 12 slow requests kept /healthz waiting for 8.4 s.
SPARE_THREADS = 8

logger = logging.getLogger(__name__)


def check_worker(*, threads: int, graceful_timeout: int, is_first: bool) -> None:
    """
    Require enough threads and enough time to stop, and let the first worker log what is allowed but unwise.

    :raises ImproperlyConfigured: with the numbers
    """
    if not set().union(*settings.OIDC_ROLES.values()) <= roles().keys():
        raise ImproperlyConfigured(f"OIDC_ROLES: the roles are {', '.join(sorted(roles()))}")
    _require_threads(threads)
    _require_time_to_stop(graceful_timeout)
    if is_first:
        for warning in filter(None, (UNLIMITED if calls_are_unlimited() else None, too_few_tokens(), unknown_names())):
            logger.warning(warning)


def _require_threads(threads: int) -> None:
    # The requests that may hold a thread for long, by the setting that bounds their number.
    held = {name: getattr(settings, name) for name in ("DECISIONS_IN_FLIGHT", "READS_IN_FLIGHT")}
    least = sum(held.values()) + SPARE_THREADS
    if threads < least:
        parts = " + ".join(f"{name} ({number})" for name, number in held.items())
        raise ImproperlyConfigured(
            f"WEB_THREADS: is {threads}, must be at least {least}: {parts} + {SPARE_THREADS} for probes"
        )


def _require_time_to_stop(graceful_timeout: int) -> None:
    deadline = settings.DECISION_DEADLINE_SECONDS
    if graceful_timeout < deadline + CLOSING_SECONDS:
        raise ImproperlyConfigured(
            f"graceful_timeout: is {graceful_timeout} s, must be at least {deadline + CLOSING_SECONDS:g} s: "
            f"DECISION_DEADLINE_SECONDS ({deadline:g}) + {CLOSING_SECONDS} to write the answer"
        )
