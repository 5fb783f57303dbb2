"""What a worker of the web server checks before it serves. The commands of manage.py check none of it."""

import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.settings_checks import UNLIMITED, calls_are_unlimited, too_few_tokens

# Threads that are left for probes and static files. Without them, 12 slow requests kept /healthz waiting for 8.4 s.
SPARE_THREADS = 8

logger = logging.getLogger(__name__)


def check_worker(*, threads: int, is_first: bool) -> None:
    """
    Require enough threads, and let the first worker log what is allowed but unwise.

    :raises ImproperlyConfigured: with the numbers
    """
    _require(threads)
    if is_first:
        for warning in filter(None, (UNLIMITED if calls_are_unlimited() else None, too_few_tokens())):
            logger.warning(warning)


def _require(threads: int) -> None:
    # The requests that may hold a thread for long, by the setting that bounds their number.
    held = {name: getattr(settings, name) for name in ("DECISIONS_IN_FLIGHT", "READS_IN_FLIGHT")}
    least = sum(held.values()) + SPARE_THREADS
    if threads < least:
        parts = " + ".join(f"{name} ({number})" for name, number in held.items())
        raise ImproperlyConfigured(
            f"WEB_THREADS: is {threads}, must be at least {least}: {parts} + {SPARE_THREADS} for probes"
        )
