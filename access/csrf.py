"""CSRF: enforced on JSON when a request carries a cookie of ours, for only then can a page misuse it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from access.refusals import View
from access.submitters import COOKIE, bearer_of


def csrf_with_cookies(view: View) -> View:
    """Enforce it for JSON. No page can make a browser send a token, which is then what counts and not the cookies."""
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def choose(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        ours = {COOKIE, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
        by_cookie = ours & request.COOKIES.keys() and bearer_of(request) is None
        return (protected if by_cookie else view)(request, *args, **kwargs)

    return choose


def when_csrf_fails(answer: View) -> Callable[[View], View]:
    """
    Let this answer a form that was tied to no page of ours, given request and refusal, so that its text is not lost.

    It happens to honest people: who signs in anew in another tab gets a new tie there.
    """

    def mark(view: View) -> View:
        view.when_csrf_fails = answer  # type: ignore[attr-defined]
        return view

    return mark
