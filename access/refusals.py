"""
Refusals: what is said to a request that is not accepted, in one shape per face.

A JSON route answers with RFC 9457 `application/problem+json`, a page with the same words as HTML. Neither repeats
the input.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from access.problems import problem_type

View = Callable[..., HttpResponseBase]
JSON, PROBLEM, PAGE = "application/json", "application/problem+json", "text/html"
RETRY_AFTER_SECONDS = "5"
# The names of RFC 9110, which Python has from 3.13 on.
TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}


@dataclass(frozen=True)
class FieldError:
    field: str
    code: str
    message: str


@dataclass
class Refusal(Exception):
    """A request that is turned away: `code` names the problem's type, `detail` tells its sender what to do."""

    status: HTTPStatus
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)


class RefusalMiddleware:
    """Answer a Refusal that a view raised, an absent database with 503, and a value that no column takes with 400."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refusal):
            return refuse(request, exception)
        if isinstance(exception, OperationalError | InterfaceError):
            return refuse(request, ledger_unavailable())
        if isinstance(exception, DataError):
            return bad_request(request, exception)
        return None


def ledger_unavailable(**extra: str) -> Refusal:
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "ledger_unavailable",
        "Our records cannot be reached. Try again in a moment.",
        headers={"Retry-After": RETRY_AFTER_SECONDS},
        extra=extra,
    )


def json_only(view: View) -> View:
    """Mark a view as one whose refusals are problems, whatever the client accepts."""
    view.json_only = True  # type: ignore[attr-defined]
    return view


def allow(*methods: str) -> Callable[[View], View]:
    """Refuse every method but these; HEAD goes with GET."""
    allowed = (*methods, "HEAD") if "GET" in methods else methods

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in allowed:
                raise Refusal(
                    HTTPStatus.METHOD_NOT_ALLOWED,
                    "method_not_allowed",
                    "This address does not take that method.",
                    headers={"Allow": ", ".join(allowed)},
                )
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def preferred_type(request: HttpRequest, *offered: str) -> str | None:
    """Choose among the offered types; the first is for who has no preference, None for who takes none of them."""
    if not request.headers.get("Accept", "").strip():
        return offered[0]
    try:
        return request.get_preferred_type(offered)
    except (LookupError, ValueError):
        # A header that cannot be read states no preference.
        return offered[0]


def refuse(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if wants_page(request):
        response = render(request, "error.html", {"refusal": refusal}, status=refusal.status)
    else:
        response = JsonResponse(_problem(refusal), status=refusal.status, content_type=PROBLEM)
    set_headers(response, refusal)
    if not _mark(request, "json_only"):
        patch_vary_headers(response, ["Accept"])
    return response


def wants_page(request: HttpRequest) -> bool:
    """Whether a refusal is to be a page."""
    return not _mark(request, "json_only") and preferred_type(request, PROBLEM, PAGE, JSON) == PAGE


def _mark(request: HttpRequest, name: str) -> Any:  # noqa: ANN401 - whatever its decorator left there
    """Read a mark off the view that the request is for, if there is one."""
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


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refuse(request, Refusal(HTTPStatus.BAD_REQUEST, "bad_request", "This request cannot be understood."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refuse(request, Refusal(HTTPStatus.FORBIDDEN, "forbidden", "You may not do this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refuse(request, Refusal(HTTPStatus.NOT_FOUND, "not_found", "There is nothing here that you may read."))


def server_error(request: HttpRequest) -> HttpResponse:
    return refuse(
        request,
        Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong on our side. Try again."),
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    refusal = Refusal(
        HTTPStatus.FORBIDDEN,
        "csrf_failed",
        "We could not confirm that this came from our page. Allow cookies, load the page again and send it again.",
    )
    answer: Callable[[HttpRequest, Refusal], HttpResponse] = _mark(request, "when_csrf_fails") or refuse
    return answer(request, refusal)
