"""Cookies that none of ours can be."""

from django.http import HttpRequest, HttpResponseBase

from access.refusals import View


class CookieMiddleware:
    """
    Forget every cookie that holds a control character, before anything looks it up.

    Django unquotes a cookie, so that its value may hold a NUL; PostgreSQL takes none and would make it a fault of ours.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if value.isprintable()}
        return self.get_response(request)
