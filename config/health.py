"""Liveness and readiness. Hosts, sessions and redirects come later, so that no probe depends on them."""

from threading import Lock
from time import monotonic

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from access.refusals import Middleware, View
from config.health_checks import not_ready
from traces.deadlines import PROBE_SECONDS, deadline

FRESH_SECONDS = 1


class ProbeMiddleware(Middleware):
    """
    Answer probes before anything else, whatever Host they name.

    The readiness checks write, so a flood of probes must not run them: one thread checks, at most once a second, and
    the others answer what was found last.
    """

    def __init__(self, get_response: View) -> None:
        super().__init__(get_response)
        self._checking = Lock()
        self._missing = ["starting"]
        self._checked_at = float("-inf")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            # The process is alive: neither the database nor the model is asked.
            return _answer({"status": "ok"})
        if request.path == "/readyz":
            self._check_unless_fresh()
            if missing := self._missing:
                return _answer({"status": "unavailable", "not_ready": missing}, status=503)
            return _answer({"status": "ready"})
        return self.get_response(request)

    def _check_unless_fresh(self) -> None:
        if self._checking.acquire(blocking=False):
            try:
                if monotonic() - self._checked_at >= FRESH_SECONDS:
                    with deadline(PROBE_SECONDS):
                        self._missing = not_ready()
                    self._checked_at = monotonic()
            finally:
                self._checking.release()


def _answer(body: dict[str, object], status: int = 200) -> JsonResponse:
    """Name the release, as traces do. `Server`, the standard field for it, belongs to gunicorn and the proxy."""
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store", "X-Release": settings.RELEASE})
