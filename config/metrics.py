"""
The metrics that every process counts.

Every label comes from a closed set of ours: no text, account or trace of a customer can become a label. Evals are not
counted. No process counts a row whose own process died: the age of the oldest running row shows such rows.
"""

from typing import Any

from django.dispatch import receiver
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from traces.codes import Source, Status
from traces.models import TraceRecord
from traces.transitions import trace_left, trace_opened

REGISTRY = CollectorRegistry()
PROVIDER_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120)
OWN_BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)

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
IN_FLIGHT = Gauge("decisions_in_flight", "Decisions being made now.", multiprocess_mode="livesum", registry=REGISTRY)
PROVIDER_SECONDS = Histogram(
    "decision_provider_seconds",
    "What a provider's call took.",
    ("workflow", "provider"),
    buckets=PROVIDER_BUCKETS,
    registry=REGISTRY,
)
OWN_SECONDS = Histogram(
    "decision_own_seconds",
    "What a decision took beside its provider's call.",
    ("workflow", "provider"),
    buckets=OWN_BUCKETS,
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "http_request_seconds",
    "What a request took, by the route that it matched and the class of its status.",
    ("route", "status"),
    buckets=REQUEST_BUCKETS,
    registry=REGISTRY,
)


@receiver(trace_opened)
def count_opened(trace: TraceRecord, **_signal: Any) -> None:
    if trace.source != Source.EVAL:
        IN_FLIGHT.inc()


@receiver(trace_left)
def count_ended(trace: TraceRecord, **_signal: Any) -> None:
    if trace.source == Source.EVAL:
        return
    IN_FLIGHT.dec()
    if trace.status == Status.RUNNING:
        return
    labels = (trace.provider, trace.prompt_version)
    DECISIONS.labels(trace.workflow, trace.decision or "failed", trace.error_code or "", *labels).inc()
    if trace.error_reason:
        CHECK_REFUSALS.labels(trace.workflow, trace.error_reason, *labels).inc()
    if trace.latency_ms is None:
        return
    if trace.provider_ms is not None:
        PROVIDER_SECONDS.labels(trace.workflow, trace.provider).observe(trace.provider_ms / 1000)
    own_ms = max(0, trace.latency_ms - (trace.provider_ms or 0))
    OWN_SECONDS.labels(trace.workflow, trace.provider).observe(own_ms / 1000)
