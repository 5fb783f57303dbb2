"""Liveness and readiness. Hosts, sessions and redirects come later, so that no probe depends on them."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from access.refusals import Middleware
from config.health_checks import not_ready
from traces.deadlines import PROBE_SECONDS, deadline


class ProbeMiddleware(Middleware):
    """Answer probes before anything else, whatever Host they name."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            # The process is alive: neither the database nor the model is asked.
            return _answer({"status": "ok"})
        if request.path == "/readyz":
            with deadline(PROBE_SECONDS):
                missing = not_ready()
            if missing:
                return _answer({"status": "unavailable", "not_ready": missing}, status=503)
            return _answer({"status": "ready"})
        return self.get_response(request)


def _answer(body: dict[str, object], status: int = 200) -> JsonResponse:
    """Name the release, as traces do. `Server`, the standard field for it, belongs to gunicorn and the proxy."""
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store", "X-Release": settings.RELEASE})
