"""What others may know of a row's life: its id on every log line of its request, and two signals."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.dispatch import Signal

from traces.identifiers import trace_id_in_logs
from traces.models import TraceRecord

# Both send `trace`. One that was left is `running` still if the ledger could not be written, else it has its ending.
trace_opened = Signal()
trace_left = Signal()


def name_in_logs(trace_id: str) -> None:
    """Put a trace id on every line that this thread logs until its next request."""
    trace_id_in_logs.set(trace_id)


@contextmanager
def following(trace: TraceRecord) -> Iterator[None]:
    """Follow a row from its opening to its ending; who listens must not be able to break a decision."""
    name_in_logs(trace.trace_id)
    trace_opened.send_robust(TraceRecord, trace=trace)
    try:
        yield
    finally:
        trace_left.send_robust(TraceRecord, trace=trace)
