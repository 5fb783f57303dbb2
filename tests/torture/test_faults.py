"""
Make the Nth call of one request fail, for N = 1, 2, … until no call fails.

Five kinds of fault: no database (OperationalError), a refused row (IntegrityError), a timeout (TimeoutError), an
unexpected fault (MemoryError), and a process that must stop (KeyboardInterrupt).
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, product

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from pytest_django import Settings

from rotation.models import Credential
from tests.conftest import Response, report
from tests.fakes import FakeProvider
from tests.ledger.rows import in_another_connection
from tests.torture.conftest import LONG, Promise
from tests.torture.faults import CANARY, NthCall, count_calls
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = (OperationalError, IntegrityError, TimeoutError, MemoryError, KeyboardInterrupt)
BROWSER = {"Accept": "text/html"}
# With a limit, the row is opened in a transaction that counts first. Without one, a single statement opens it.
LIMITED, PLAIN = {"INSERT", "COMMIT", "UPDATE"}, {"INSERT", "UPDATE"}
INTERFACES = [("JSON with a key", LIMITED), ("page", PLAIN)]
MORE_INTERFACES = [("JSON with a key", PLAIN), ("page", LIMITED), ("JSON", LIMITED), ("JSON", PLAIN)]


@dataclass
class Judge:
    """Counts what must never happen, whichever call failed."""

    wrong: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)

    def check_call(self) -> None:
        """Expect that other connections see the running row while the model is asked."""
        running = in_another_connection(lambda: TraceRecord.objects.filter(status="running").count())
        self.wrong["calls without a running row"] += running != 1

    def check_response(self, response: Response | None, *, calls: int) -> None:
        """Judge a response. It is None if the process had to stop. A 303 leads to a row, which may be running."""
        rows = {row.pk: row.status for row in TraceRecord.objects.all()}
        status, shown = (response.status_code, f"{response.items()} {response.text}") if response else (0, "")
        ended = any(pk in shown and row_status != "running" for pk, row_status in rows.items())
        self.answers[status] += 1
        self.wrong["200 without a terminal row"] += status == 200 and not ended
        self.wrong["303 to no row"] += status == 303 and not any(pk in shown for pk in rows)
        self.wrong["more than one row or call"] += len(rows) > 1 or calls > 1
        self.wrong["text of a fault shown"] += CANARY in shown


def send(interface: str) -> Response | None:
    client = Client(raise_request_exception=False)
    with suppress(KeyboardInterrupt):
        if interface == "page":
            return client.post("/", report(submission_key="key-of-the-page", item=""), headers=BROWSER)
        headers = {"Idempotency-Key": "key-of-the-program"} if interface == "JSON with a key" else {}
        return client.post("/rotation/decide", report(), content_type="application/json", headers=headers)
    return None


def one_request(nth: NthCall, interface: str, judge: Judge, provider: FakeProvider) -> Response | None:
    """Send one request whose Nth call fails, judge it, and delete its row."""
    provider.calls.clear()
    provider.meanwhile = judge.check_call
    with pytest.MonkeyPatch.context() as patch:
        ask = provider.decide
        patch.setattr(provider, "decide", lambda *asked: nth.run("provider", lambda: ask(*asked)))
        with count_calls(nth, patch):
            response = send(interface)
    connection.close()
    judge.check_response(response, calls=len(provider.calls))
    TraceRecord.objects.all().delete()
    return response


@pytest.mark.parametrize(("interface", "statements"), [*INTERFACES, *(MORE_INTERFACES if LONG else [])])
def test_no_failing_call_gives_a_false_answer(
    interface: str,
    statements: set[str],
    credential: Credential,
    provider: FakeProvider,
    settings: Settings,
    promise: Promise,
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    settings.SUBMITTER_DECISIONS_PER_DAY = 1 if statements == LIMITED else None
    judge, usual_status = Judge(), 303 if interface == "page" else 200
    for fault, late in product(FAULTS, (False, True)):
        for number in count(1):
            nth = NthCall(number, fault, late)
            response = one_request(nth, interface, judge, provider)
            if not nth.has_failed:
                break
        assert response is not None
        assert response.status_code == usual_status
        assert statements | {"clock", "provider"} <= set(nth.calls)

    runs, wrong = sum(judge.answers.values()), ", ".join(f"{what} {times}" for what, times in judge.wrong.items())
    promise(2, f"fault loop, {interface}: {runs} runs, {len(nth.calls)} calls, 5 faults, early and late: {wrong}")
    assert set(judge.answers) <= {0, usual_status, 200, 409, 500, 503}
    assert not +judge.wrong
