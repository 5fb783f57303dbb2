"""Admit fewer waiting decisions than the process has threads, so that pages, health checks and admin stay quick."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from threading import BoundedSemaphore

from django.conf import settings

from access.refusals import RETRY_AFTER_SECONDS, Refusal


@contextmanager
def admission() -> Iterator[None]:
    """
    Hold one of the process's DECISIONS_IN_FLIGHT places.

    :raises Refusal: 503 with Retry-After when all places are taken
    """
    places = _places(settings.DECISIONS_IN_FLIGHT)
    if not places.acquire(blocking=False):
        detail = f"All places are taken; try again in {RETRY_AFTER_SECONDS} s."
        headers = {"Retry-After": RETRY_AFTER_SECONDS}
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too_many_waiting", detail, headers=headers)
    try:
        yield
    finally:
        places.release()


@cache
def _places(limit: int) -> BoundedSemaphore:
    return BoundedSemaphore(limit)
