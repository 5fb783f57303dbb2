"""The routes of the service, and three more whose responses a customer cannot cause at will."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path

from access.refusals import Refusal
from config import urls
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def too_many(request: HttpRequest) -> HttpResponse:
    detail = "Wait a minute, then send it again."
    raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", detail, headers={"Retry-After": "60"})


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [*urls.urlpatterns, path("too-many", too_many), path("forbidden", forbidden), path("broken", broken)]
