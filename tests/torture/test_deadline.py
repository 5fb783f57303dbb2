"""The deadline is total: a decision ends within deadline + 1 s, whatever the provider does."""

from time import monotonic

import pytest

from rotation.models import Credential
from tests.boundary.conftest import MakeClient, Serve, UseClient
from tests.boundary.test_faults import FAULTS
from tests.conftest import Decide
from tests.torture.conftest import Promise, sized
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database

DEADLINES_SECONDS = (0.3, 1, 3)


def test_every_provider_fault_ends_within_the_deadline(
    serve: Serve,
    make_client: MakeClient,
    use_client: UseClient,
    decide: Decide,
    credential: Credential,
    promise: Promise,
) -> None:
    deadlines = DEADLINES_SECONDS[: sized(1, len(DEADLINES_SECONDS))]
    late, longest = [], 0.0

    for deadline in deadlines:
        for fault, (behaviour, _) in FAULTS.items():
            use_client(make_client(serve(behaviour).url(), deadline_seconds=deadline))
            started = monotonic()
            decide()
            over = monotonic() - started - deadline
            longest = max(longest, over)
            late += [fault] if over > 1 else []

    asked = len(deadlines) * len(FAULTS)
    promise(
        3,
        f"deadline: {len(FAULTS)} faults at {deadlines} s: late {len(late)}, longest {longest:.2f} s over the deadline",
    )
    assert late == []
    assert TraceRecord.objects.filter(status="failed").count() == asked
