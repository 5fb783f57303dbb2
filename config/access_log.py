"""One line and one measurement per request: its method, route, status and duration, and the trace it was about."""

import logging
from contextlib import suppress
from http import HTTPMethod
from time import monotonic

from django.http import HttpRequest, HttpResponseBase

from access.refusals import View
from config.metrics import REQUEST_SECONDS
from config.routes import PROBES, route_of
from traces.identifiers import read_trace_id, trace_id_in_logs
from traces.transitions import name_in_logs

logger = logging.getLogger(__name__)
METHODS = frozenset(HTTPMethod)


class AccessLogMiddleware:
    """
    Stand in front of everything: forget the thread's request before this one, and tell of this one when it ends.

    The address of who asks is not told: the proxy in front logs it.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        trace_id_in_logs.set(None)
        started = monotonic()
        response = self.get_response(request)
        _tell(request, response.status_code, seconds=monotonic() - started)
        return response

    def process_view(self, request: HttpRequest, view: View, arguments: object, named: dict[str, object]) -> None:
        """Name the trace that an address is about, be it a customer's or an operator's."""
        for value in named.values():
            if trace_id := read_trace_id(str(value)):
                name_in_logs(trace_id)


def _tell(request: HttpRequest, status: int, *, seconds: float) -> None:
    route = route_of(request)
    if route in PROBES:
        return
    # What is counted lies in files: on a full disk it is the count that is lost, and not the answer.
    with suppress(OSError):
        REQUEST_SECONDS.labels(route, f"{status // 100}xx").observe(seconds)
    method = request.method if request.method in METHODS else "other"
    duration_ms = round(seconds * 1000, 1)
    logger.info("request", extra={"method": method, "route": route, "status": status, "duration_ms": duration_ms})
