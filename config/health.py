"""Liveness and readiness, answered before hosts, sessions or redirects are looked at."""

from functools import cache

from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.db import Error as DatabaseFault
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from access.refusals import View
from traces.guard import guard_stands


class ProbeMiddleware:
    """Answer probes whatever Host they name, in front of everything else."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            return healthz(request)
        if request.path == "/readyz":
            return readyz(request)
        return self.get_response(request)


def healthz(request: HttpRequest) -> JsonResponse:
    """Say that the process lives; touch neither database nor model."""
    return _answer({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether this process may get requests, naming what is not ready; never call the model."""
    not_ready = _not_ready()
    if not_ready:
        return _answer({"status": "unavailable", "not_ready": not_ready}, status=503)
    return _answer({"status": "ready"})


def _not_ready() -> list[str]:
    """Ask the database first: without it nothing else can be told, and Django would remember wrong answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        ready = {"migrations": _migrated(), "configuration": _configured()}
    except DatabaseFault:
        return ["database"]
    return [name for name, stands in ready.items() if not stands]


def _migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes()) and guard_stands(connection.alias)


@cache
def _configured() -> bool:
    return not any(message.level >= ERROR for message in run_checks())


def _answer(body: dict[str, object], status: int = 200) -> JsonResponse:
    """Name what was deployed, as traces do. `Server`, the standard's field for it, is gunicorn's and the proxy's."""
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store", "X-Release": settings.RELEASE})
