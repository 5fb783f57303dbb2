"""The route of a request, from a closed set. Its path is never logged, because it may hold a customer's text."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest

# Middleware answers these before any route is matched.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
STATIC = "/static/"
UNMATCHED = "unmatched"


def route_of(request: "HttpRequest") -> str:
    """Return the pattern that matched, never the path; if none was matched, return `unmatched`."""
    if request.path in PROBES:
        return request.path
    if request.resolver_match:
        return f"/{request.resolver_match.route}"
    return STATIC if request.path.startswith(STATIC) else UNMATCHED
