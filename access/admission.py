"""
Admit fewer requests than the process has threads, so that a probe always finds a thread.

A request holds one of READS_IN_FLIGHT places or, while these are taken, one that no decision needs. Before it waits for
a model, it moves to one of DECISIONS_IN_FLIGHT places. Its clock starts when it is admitted.
"""

from contextvars import ContextVar
from functools import cache
from http import HTTPStatus
from threading import BoundedSemaphore

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from access.refusals import RETRY_AFTER_SECONDS, Middleware, Refusal, refuse_by_view
from traces.deadlines import deadline

_held: ContextVar[BoundedSemaphore | None] = ContextVar("held", default=None)


class AdmissionMiddleware(Middleware):
    """A request without a place is refused by its view's own refusal. Nothing is read from the database for it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _held.set(next((places for places in (_reads(), _decisions()) if _take(places)), None))
        try:
            with deadline(settings.DECISION_DEADLINE_SECONDS):
                return super().__call__(request)
        finally:
            if held := _held.get():
                held.release()
            _held.reset(token)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        return None if holds_a_place() else refuse_by_view(request, _all_places_are_taken())


def holds_a_place() -> bool:
    return _held.get() is not None


def move_to_decisions() -> None:
    """
    Take a place for decisions and give the other one back.

    :raises Refusal: 503 with Retry-After when all places are taken
    """
    held, places = _held.get(), _decisions()
    if held is None or held is places:
        return
    if not _take(places):
        raise _all_places_are_taken()
    _held.set(places)
    held.release()


def _take(places: BoundedSemaphore) -> bool:
    return places.acquire(blocking=False)


def _all_places_are_taken() -> Refusal:
    detail = f"All places are taken; try again in {RETRY_AFTER_SECONDS} s."
    headers = {"Retry-After": RETRY_AFTER_SECONDS}
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too_many_waiting", detail, headers=headers)


def _reads() -> BoundedSemaphore:
    return _places("reads", settings.READS_IN_FLIGHT)


def _decisions() -> BoundedSemaphore:
    return _places("decisions", settings.DECISIONS_IN_FLIGHT)


@cache
def _places(_kind: str, limit: int) -> BoundedSemaphore:
    return BoundedSemaphore(limit)
