"""Make the Nth call of one request fail, for N = 1, 2, … : a trace is never completed without its ticket."""

from collections import Counter
from contextlib import suppress
from itertools import count, product

import pytest
from django.db import IntegrityError, OperationalError, connection
from pytest_django import Settings

from tests.tickets.conftest import TEXT, scripted_site
from tests.torture.conftest import Promise
from tests.torture.faults import CANARY, NthCall, count_calls
from tickets.models import Ticket
from traces.codes import Status
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = (OperationalError, IntegrityError, MemoryError, KeyboardInterrupt)


def test_no_failing_call_parts_a_ticket_from_its_trace(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, promise: Promise
) -> None:
    site = scripted_site(settings, monkeypatch)
    site.client.raise_request_exception = False
    wrong, runs = Counter[str](), 0
    for fault, late in product(FAULTS, (False, True)):
        for number in count(1):
            nth = NthCall(number, fault, late)
            with pytest.MonkeyPatch.context() as patch, count_calls(nth, patch), suppress(KeyboardInterrupt):
                response = site.send({"text": TEXT})
                wrong["text of a fault shown"] += CANARY in response.text
            connection.close()
            runs += 1
            completed = set(TraceRecord.objects.filter(status=Status.COMPLETED).values_list("pk", flat=True))
            wrong["parted"] += completed != set(Ticket.objects.values_list("pk", flat=True))
            wrong["more than one row"] += TraceRecord.objects.count() > 1
            Ticket.objects.all().delete()
            TraceRecord.objects.all().delete()
            if not nth.has_failed:
                break

    promise(2, f"tickets, fault loop: {runs} runs, {len(nth.calls)} calls: {dict(wrong)}")
    assert {"INSERT", "UPDATE", "clock"} <= set(nth.calls)
    assert nth.calls.count("INSERT") == 2
    assert not +wrong
