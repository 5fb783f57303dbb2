"""CSRF protection. JSON requests need it only with one of our cookies, because only then can a page misuse them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from access.refusals import View, mark
from access.submitters import COOKIE, bearer_of


def csrf_with_cookies(view: View) -> View:
    """
    Enforce CSRF protection on requests that are authorised by a cookie.

    A request with a token is exempt: the token outranks its cookies, and no page can make a browser send one.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def choose(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        ours = {COOKIE, settings.SUBMITTER_COOKIE_NAME, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
        by_cookie = ours & request.COOKIES.keys() and bearer_of(request) is None
        return (protected if by_cookie else view)(request, *args, **kwargs)

    return choose


def when_refused(fallback: View) -> Callable[[View], View]:
    """
    Call `fallback` with request and refusal when a posted form is refused before its view. It shows the text again.

    The CSRF check fails in normal use: signing in again in another tab replaces the token.
    """
    return mark(when_refused=fallback)
