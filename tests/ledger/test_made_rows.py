"""The rows of the benchmarks are rows that the service could have written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from bench.ledger_rows import BUSY_ACCOUNT, CODES, OLD_CODES, insertion
from traces.codes import Source, Status
from traces.identifiers import read_trace_id
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db
ROWS, UNTIL = 20_000, datetime(2026, 11, 22, tzinfo=UTC)


def test_the_rows_of_the_benchmarks_are_as_the_service_writes_them() -> None:
    """Insert them by SQL. The database refuses any row without the shape of its status."""
    with connection.cursor() as cursor:
        cursor.execute(insertion(connection.vendor, ROWS, until=UNTIL, days=90))

    assert_values()
    assert_retries()
    assert_days()


def assert_values() -> None:
    """Every status, source and drawn code is among them; an eighth of each source failed."""
    traces = TraceRecord.objects.all()
    codes = set(traces.exclude(error_code=None).values_list("error_code", flat=True))
    shares = {
        source: traces.filter(source=source, status=Status.FAILED).count() / traces.filter(source=source).count()
        for source in Source.values
    }

    assert traces.count() == ROWS
    assert set(traces.values_list("status", flat=True)) == set(Status.values)
    assert set(traces.values_list("source", flat=True)) == set(Source.values)
    assert codes - {*OLD_CODES} == {*CODES}
    assert codes & {*OLD_CODES}
    assert all(0.1 < share < 0.14 for share in shares.values()), shares


def assert_retries() -> None:
    retries = TraceRecord.objects.exclude(retry_of=None)
    of_failed = retries.filter(retry_of__in=TraceRecord.objects.filter(status=Status.FAILED).values("pk"))

    assert all(read_trace_id(pk) == pk for pk in TraceRecord.objects.values_list("pk", flat=True))
    assert 0.02 < retries.count() / ROWS < 0.03
    assert of_failed.count() == retries.count()


def assert_days() -> None:
    """They are spread evenly over the days, and rare ones come first."""
    first, last = TraceRecord.objects.earliest("started_at"), TraceRecord.objects.latest("started_at")
    old = TraceRecord.objects.filter(error_code__in=OLD_CODES)

    assert timedelta(0) <= first.started_at - (UNTIL - timedelta(days=90)) < timedelta(seconds=1)
    assert UNTIL - last.started_at < timedelta(minutes=10)
    assert old.latest("started_at").started_at < UNTIL - timedelta(days=89)
    assert 0.03 < TraceRecord.objects.filter(account_id=BUSY_ACCOUNT).count() / ROWS < 0.07
