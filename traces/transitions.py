"""The life of a row, as logs and listeners see it: its id on every log line of its request, and two signals."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.dispatch import Signal

from traces.identifiers import trace_id_in_logs
from traces.models import TraceRecord

# Both send `trace`. A finished trace has its ending, or is still `running` if the ledger could not be written.
trace_opened = Signal()
trace_finished = Signal()
# Sends the new row as `feedback`.
feedback_given = Signal()


def set_trace_id_in_logs(trace_id: str) -> None:
    """Put a trace id on every line that this thread logs until its next request."""
    trace_id_in_logs.set(trace_id)


@contextmanager
def announced(trace: TraceRecord) -> Iterator[None]:
    """Announce a row's opening and finish to logs and signals. A listener's exception cannot break a decision."""
    set_trace_id_in_logs(trace.trace_id)
    trace_opened.send_robust(TraceRecord, trace=trace)
    try:
        yield
    finally:
        trace_finished.send_robust(TraceRecord, trace=trace)
