"""The rows that the benchmarks fill a ledger with are rows that the service could have written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from bench.ledger_rows import BUSY_ACCOUNT, CODES, OLD_CODES, insertion
from traces.codes import Source, Status
from traces.identifiers import read_trace_id
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db
ROWS, UNTIL = 20_000, datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _made() -> None:
    """The database itself makes them, and refuses whatever has not the shape of its status."""
    with connection.cursor() as cursor:
        cursor.execute(insertion(connection.vendor, ROWS, until=UNTIL, days=90))


def test_every_status_and_source_is_among_them_and_every_code_that_is_drawn() -> None:
    traces = TraceRecord.objects.all()
    codes = set(traces.exclude(error_code=None).values_list("error_code", flat=True))

    assert traces.count() == ROWS
    assert set(traces.values_list("status", flat=True)) == set(Status.values)
    assert set(traces.values_list("source", flat=True)) == set(Source.values)
    assert codes - {*OLD_CODES} == {*CODES}
    assert codes & {*OLD_CODES}


def test_of_each_source_an_eighth_failed() -> None:
    of_source = {source: TraceRecord.objects.filter(source=source) for source in Source.values}

    shares = {source: rows.filter(status=Status.FAILED).count() / rows.count() for source, rows in of_source.items()}

    assert all(0.1 < share < 0.14 for share in shares.values()), shares


def test_their_ids_read_as_trace_ids_and_a_retry_names_a_failed_one() -> None:
    retries = TraceRecord.objects.exclude(retry_of=None)

    assert all(read_trace_id(pk) == pk for pk in TraceRecord.objects.values_list("pk", flat=True))
    assert 0.02 < retries.count() / ROWS < 0.03
    assert retries.filter(retry_of__in=TraceRecord.objects.filter(status=Status.FAILED).values("pk")).count() == (
        retries.count()
    )


def test_they_spread_evenly_over_the_days_and_the_rare_ones_come_first() -> None:
    first, last = TraceRecord.objects.earliest("started_at"), TraceRecord.objects.latest("started_at")
    old = TraceRecord.objects.filter(error_code__in=OLD_CODES)

    assert timedelta(0) <= first.started_at - (UNTIL - timedelta(days=90)) < timedelta(seconds=1)
    assert UNTIL - last.started_at < timedelta(minutes=10)
    assert old.latest("started_at").started_at < UNTIL - timedelta(days=89)
    assert 0.03 < TraceRecord.objects.filter(account_id=BUSY_ACCOUNT).count() / ROWS < 0.07
