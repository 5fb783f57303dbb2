"""Headers on every dynamic response."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from access.refusals import Middleware, View


class NoStoreMiddleware(Middleware):
    """Keep dynamic responses out of every cache. Static files bring a Cache-Control of their own."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class ContentSecurityPolicyMiddleware(Middleware):
    """Send SECURE_CSP as a header under Django 5. Django 6 has a middleware of its own that reads the same setting."""

    def __init__(self, get_response: View) -> None:
        super().__init__(get_response)
        self.policy = "; ".join(f"{name} {' '.join(values)}" for name, values in settings.SECURE_CSP.items())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Content-Security-Policy"] = self.policy
        return response
