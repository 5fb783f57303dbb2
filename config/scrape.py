"""`GET /metrics`: the metrics of every process, and one query of the ledger."""

import os
from collections.abc import Iterator
from hmac import compare_digest

from django.conf import settings
from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from access.refusals import View
from config.metrics import REGISTRY
from traces.codes import Source, Status
from traces.models import TraceRecord


class MetricsMiddleware:
    """Answer a request that has the token, whatever Host it names; for any other the address does not exist."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/metrics" and request.method == "GET" and _may_scrape(request):
            return HttpResponse(
                generate_latest(_collectors()),
                content_type=CONTENT_TYPE_LATEST,
                headers={"Cache-Control": "no-store"},
            )
        return self.get_response(request)


class OldestRunning(Collector):
    """The age of the customers' oldest running row; absent while the ledger cannot be queried."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        running = TraceRecord.objects.filter(status=Status.RUNNING).exclude(source=Source.EVAL)
        try:
            started_at = running.order_by("started_at").values_list("started_at", flat=True).first()
        except DatabaseFault:
            return
        seconds = (timezone.now() - started_at).total_seconds() if started_at else 0
        yield GaugeMetricFamily("decisions_oldest_running_seconds", "Age of the oldest running row, or 0.", seconds)


def _may_scrape(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and compare_digest(sent.encode(), token.encode())


def _collectors() -> CollectorRegistry:
    """Under gunicorn all processes write their counts into one folder; any other server is one process."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(OldestRunning())
    return registry
