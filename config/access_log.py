"""One log line and one measurement per request: its method, route, status and duration, and the trace it was about."""

import logging
from contextlib import suppress
from http import HTTPMethod
from time import monotonic

from django.http import HttpRequest, HttpResponseBase

from access.refusals import Middleware, View
from config.metrics import REQUEST_SECONDS
from config.routes import PROBES, route_of
from decisions.registry import read_id
from traces.identifiers import trace_id_in_logs
from traces.transitions import set_trace_id_in_logs

logger = logging.getLogger(__name__)
METHODS = frozenset(HTTPMethod)


class AccessLogMiddleware(Middleware):
    """The outermost middleware. It leaves out the client's address, because the proxy in front logs it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # The thread's previous request may have left its own.
        trace_id_in_logs.set(None)
        started = monotonic()
        response = self.get_response(request)
        if (route := route_of(request)) not in PROBES:
            _log(request, route, response.status_code, seconds=monotonic() - started)
        return response

    def process_view(self, request: HttpRequest, view: View, arguments: object, named: dict[str, object]) -> None:
        """Log the trace id that an address holds, whether a customer or an operator asks for it."""
        for value in named.values():
            if trace_id := read_id(str(value)):
                set_trace_id_in_logs(trace_id)


def _log(request: HttpRequest, route: str, status: int, *, seconds: float) -> None:
    # The first count opens a file. If that fails, the count is lost, but not the answer.
    with suppress(OSError):
        REQUEST_SECONDS.labels(route, f"{status // 100}xx").observe(seconds)
    method = request.method if request.method in METHODS else "other"
    duration_ms = round(seconds * 1000, 1)
    logger.info("request", extra={"method": method, "route": route, "status": status, "duration_ms": duration_ms})
