"""Remove cookies that cannot be ours."""

from django.http import HttpRequest, HttpResponseBase

from access.refusals import Middleware


class CookieMiddleware(Middleware):
    """
    Drop every cookie that holds a control character, before any code reads it.

    Django unquotes cookies, so a value may hold a NUL. PostgreSQL rejects a NUL, which would cause a 500.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if value.isprintable()}
        return self.get_response(request)
