"""Which route a request took: one of a closed set, for its path may hold anything, a customer's text among it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest

# Answered in front of the routes, by middleware.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
STATIC = "/static/"
UNMATCHED = "unmatched"


def route_of(request: "HttpRequest") -> str:
    """Return the pattern that matched, never the path; what no pattern was asked for is `unmatched`."""
    if request.path in PROBES:
        return request.path
    if request.resolver_match:
        return f"/{request.resolver_match.route}"
    return STATIC if request.path.startswith(STATIC) else UNMATCHED
