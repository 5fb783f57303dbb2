"""CSRF for JSON: enforced when a request carries a cookie of ours, for only then can a page misuse it."""

from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from access.refusals import View
from access.submitters import COOKIE


def csrf_with_cookies(view: View) -> View:
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def choose(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        ours = {COOKIE, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
        return (protected if ours & request.COOKIES.keys() else view)(request, *args, **kwargs)

    return choose
