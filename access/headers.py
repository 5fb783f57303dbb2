"""Headers on every dynamic answer."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from access.refusals import View


class NoStoreMiddleware:
    """Keep dynamic answers out of every cache; static files say themselves how long they may be kept."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.get("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


class ContentSecurityPolicyMiddleware:
    """Send SECURE_CSP, the name that Django 6's own middleware reads; that one takes over there."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response
        self.policy = "; ".join(f"{name} {' '.join(values)}" for name, values in settings.SECURE_CSP.items())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Content-Security-Policy"] = self.policy
        return response
