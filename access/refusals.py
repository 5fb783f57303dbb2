"""
Refusals: the responses to requests that are not accepted, in one shape per interface.

A JSON route responds with RFC 9457 `application/problem+json`, a page with the same words as HTML. Neither repeats
the input.
"""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import DataError, InterfaceError, InternalError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from access.problems import problem_type

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]
JSON, PROBLEM, PAGE = "application/json", "application/problem+json", "text/html"
RETRY_AFTER_SECONDS = "5"
# The database is away, full, read-only, a standby, without our tables, or another one.
LEDGER_FAULTS = (OperationalError, InterfaceError, InternalError, ProgrammingError)
# The titles of RFC 9110. Python has them only from 3.13 on.
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}


class Middleware:
    """What every middleware of ours begins with."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)


@dataclass(frozen=True)
class FieldError:
    field: str
    code: str
    message: str


@dataclass
class Refusal(Exception):
    """A rejected request. `code` names the problem's type, `detail` says what the sender can do."""

    status: HTTPStatus
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)


class RefusalMiddleware(Middleware):
    """Respond to a view's Refusal, to a fault of the ledger (503) and to a value that no column accepts (400)."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refusal):
            return refuse(request, exception)
        if isinstance(exception, LEDGER_FAULTS):
            return _refuse_fault(request, exception)
        if isinstance(exception, DataError):
            return bad_request(request, exception)
        return None


def ledger_unavailable(**extra: str) -> Refusal:
    detail, headers = "Our records cannot be reached. Try again in a moment.", {"Retry-After": RETRY_AFTER_SECONDS}
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "ledger_unavailable", detail, headers=headers, extra=extra)


def mark(**attributes: object) -> Callable[[View], View]:
    """Set attributes of a view that a refusal of its requests depends on."""

    def decorate(view: View) -> View:
        vars(view).update(attributes)
        return view

    return decorate


# A view whose refusals are always JSON problems, whatever the client accepts.
json_only = mark(json_only=True)


def allow(*methods: str) -> Callable[[View], View]:
    """Refuse every method but these. GET includes HEAD."""
    allowed = (*methods, "HEAD") if "GET" in methods else methods

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in allowed:
                named = ", ".join(allowed)
                detail, headers = f"This address does not take that method. It takes {named}.", {"Allow": named}
                raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", detail, headers=headers)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def preferred_type(request: HttpRequest, *offered: str) -> str | None:
    """Return the offered type that the client prefers, the first by default, None if it accepts none of them."""
    # A header that names no type counts as no preference.
    if "/" not in request.headers.get("Accept", ""):
        return offered[0]
    try:
        return request.get_preferred_type(offered)
    except (LookupError, ValueError):
        # An unreadable header counts as no preference.
        return offered[0]


def accepted_type(request: HttpRequest) -> str:
    """
    Return JSON or PAGE, as the client prefers.

    :raises Refusal: 406, it accepts neither
    """
    if (accepted := preferred_type(request, JSON, PAGE)) is None:
        detail = f"Accept {JSON}, or {PAGE} where there is a page."
        raise Refusal(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", detail)
    return accepted


def refuse(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if wants_page(request):
        response = render(request, "error.html", {"refusal": refusal}, status=refusal.status)
    else:
        response = JsonResponse(_problem(refusal), status=refusal.status, content_type=PROBLEM)
    set_headers(response, refusal)
    if not _view_mark(request, "json_only"):
        patch_vary_headers(response, ["Accept"])
    return response


def refuse_by_view(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Refuse before the view is called. A posted form comes back with its text, by the view's mark `when_refused`."""
    by_view = _view_mark(request, "when_refused") if request.method == "POST" else None
    respond: Callable[[HttpRequest, Refusal], HttpResponse] = by_view or refuse
    return respond(request, refusal)


def wants_page(request: HttpRequest) -> bool:
    """Return whether a refusal is sent as a page."""
    return not _view_mark(request, "json_only") and preferred_type(request, PROBLEM, PAGE, JSON) == PAGE


def _view_mark(request: HttpRequest, name: str) -> Any:  # noqa: ANN401 - each attribute has its own type
    """Return an attribute that `mark` set on the request's view, None without it."""
    return getattr(getattr(request.resolver_match, "func", None), name, None)


def set_headers(response: HttpResponse, refusal: Refusal) -> None:
    for name, value in refusal.headers.items():
        response[name] = value


def _problem(refusal: Refusal) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": problem_type(refusal.code),
        "title": TITLES.get(refusal.status, refusal.status.phrase),
        "status": refusal.status.value,
        "detail": refusal.detail,
        **refusal.extra,
    }
    if refusal.errors:
        problem["errors"] = [asdict(error) for error in refusal.errors]
    return problem


def _refuse_fault(request: HttpRequest, fault: BaseException) -> HttpResponse:
    # Its text may hold values.
    logger.error("ledger unavailable: %s", type(fault).__name__)
    return refuse(request, ledger_unavailable())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Respond to what Django cannot read, and to a session that cannot be saved, behind which is the ledger's fault."""
    behind: BaseException | None = exception
    while behind := behind and behind.__context__:
        if isinstance(behind, LEDGER_FAULTS):
            return _refuse_fault(request, behind)
    detail = "This request cannot be understood. Load the page again, or check what your program sends."
    return refuse(request, Refusal(HTTPStatus.BAD_REQUEST, "bad_request", detail))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail = "You may not do this. An administrator can give you the right."
    return refuse(request, Refusal(HTTPStatus.FORBIDDEN, "forbidden", detail))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail = "There is nothing here that you may read. Check the address."
    return refuse(request, Refusal(HTTPStatus.NOT_FOUND, "not_found", detail))


def server_error(request: HttpRequest) -> HttpResponse:
    """Respond to an unexpected exception, or to a fault of the ledger outside of the views. Django handles it now."""
    fault = sys.exception()
    if isinstance(fault, LEDGER_FAULTS):
        return _refuse_fault(request, fault)
    detail = "Something went wrong on our side. Try again."
    return refuse(request, Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = "We could not confirm that this came from our page. Allow cookies, load the page again and send it again."
    return refuse_by_view(request, Refusal(HTTPStatus.FORBIDDEN, "csrf_failed", detail))
