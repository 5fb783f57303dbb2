"""
`GET /metrics`: the metrics that every process counts, and one query of the ledger.

Every label comes from a closed set of ours: no text, account or trace of a customer can become a label. Evals are not
counted. No process counts a row whose own process died: the age of the oldest running row shows such rows.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFault
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from access.refusals import Middleware
from decisions.registry import trusted_records
from traces.codes import ErrorCode, Source, Status
from traces.deadlines import PROBE_SECONDS, deadline
from traces.feedback import Feedback
from traces.models import TraceRecord
from traces.transitions import feedback_given, trace_finished, trace_opened

REGISTRY = CollectorRegistry()

DECISIONS = Counter(
    "decisions",
    "Decisions that ended. outcome is the decision, or failed with its error_code.",
    ("workflow", "outcome", "error_code", "provider", "prompt_version"),
    registry=REGISTRY,
)
CHECK_REFUSALS = Counter(
    "check_refusals",
    "Answers that the check refused, by its reason.",
    ("workflow", "reason", "provider", "prompt_version"),
    registry=REGISTRY,
)
PROVIDER_TROUBLES = Counter(
    "provider_troubles",
    "Calls that the provider refused or failed: its HTTP status, and its code if we know it.",
    ("workflow", "status", "code"),
    registry=REGISTRY,
)
FEEDBACK = Counter(
    "feedback", "What senders said of their results, by its closed value.", ("workflow", "verdict"), registry=REGISTRY
)
IN_FLIGHT = Gauge("decisions_in_flight", "Decisions being made now.", multiprocess_mode="livesum", registry=REGISTRY)
PROVIDER_SECONDS = Histogram(
    "decision_provider_seconds",
    "What a provider's call took.",
    ("workflow", "provider"),
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120),
    registry=REGISTRY,
)
OWN_SECONDS = Histogram(
    "decision_own_seconds",
    "What a decision took beside its provider's call.",
    ("workflow", "provider"),
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "http_request_seconds",
    "What a request took, by the route that it matched and the class of its status.",
    ("route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60),
    registry=REGISTRY,
)


@receiver(trace_opened)
def count_opened(trace: TraceRecord, **_signal: Any) -> None:
    if trace.source != Source.EVAL:
        IN_FLIGHT.inc()


@receiver(trace_finished)
def count_finished(trace: TraceRecord, **_signal: Any) -> None:
    if trace.source == Source.EVAL:
        return
    IN_FLIGHT.dec()
    if trace.status == Status.RUNNING:
        return
    labels = (trace.provider, trace.prompt_version)
    DECISIONS.labels(trace.workflow, trace.decision or "failed", trace.error_code or "", *labels).inc()
    if trace.error_code == ErrorCode.INVALID_DECISION:
        CHECK_REFUSALS.labels(trace.workflow, trace.error_reason, *labels).inc()
    if trace.provider_status is not None:
        PROVIDER_TROUBLES.labels(trace.workflow, str(trace.provider_status), trace.provider_code or "").inc()
    if trace.latency_ms is None:
        return
    if trace.provider_ms is not None:
        PROVIDER_SECONDS.labels(trace.workflow, trace.provider).observe(trace.provider_ms / 1000)
    own_ms = max(0, trace.latency_ms - (trace.provider_ms or 0))
    OWN_SECONDS.labels(trace.workflow, trace.provider).observe(own_ms / 1000)


@receiver(feedback_given)
def count_feedback(feedback: Feedback, **_signal: Any) -> None:
    FEEDBACK.labels(feedback.workflow, feedback.verdict).inc()


class MetricsMiddleware(Middleware):
    """Answer a request that has the token, whatever Host it names; for any other the address does not exist."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/metrics" and request.method == "GET" and _may_scrape(request):
            with deadline(PROBE_SECONDS):
                metrics = generate_latest(_collectors())
            return HttpResponse(metrics, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
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


class OldestSource(Collector):
    """How long ago the oldest source of trusted records was observed. `doctor` names it: a label must be closed."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        text = "Age of the newest observation of the oldest source of trusted records."
        ages = GaugeMetricFamily("records_oldest_source_seconds", text, labels=("workflow",))
        with suppress(DatabaseFault):
            for workflow, records in trusted_records():
                if oldest := records.oldest_source():
                    ages.add_metric((workflow,), (timezone.now() - oldest[1]).total_seconds())
        yield ages


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
    registry.register(OldestSource())
    return registry
