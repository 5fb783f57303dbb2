"""
The Nth call of one request fails, N = 1, 2, … until a request passes untouched.

Five kinds: the database is away (OperationalError), it refuses a row (IntegrityError), something waits too long
(TimeoutError), a fault of ours without a name (MemoryError), and the process is told to stop (KeyboardInterrupt).
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, product
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from pytest_django import Settings

from rotation.models import Credential
from tests.conftest import report
from tests.fakes import FakeProvider
from tests.ledger.rows import in_another_connection
from tests.torture.conftest import LONG, Promise
from tests.torture.faults import CANARY, NthCall, failing
from traces.models import TraceRecord

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = (OperationalError, IntegrityError, TimeoutError, MemoryError, KeyboardInterrupt)
BROWSER = {"Accept": "text/html"}
# With a limit the row is opened in a transaction, which counts first; without one by a statement alone.
LIMITED, PLAIN = {"INSERT", "COMMIT", "UPDATE"}, {"INSERT", "UPDATE"}
FACES = [("JSON with a key", LIMITED), ("page", PLAIN)]
MORE_FACES = [("JSON with a key", PLAIN), ("page", LIMITED), ("JSON", LIMITED), ("JSON", PLAIN)]


@dataclass
class Judge:
    """What may never be seen, whatever failed."""

    wrong: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)

    def see_call(self) -> None:
        """When the model is asked, everyone can see the row, and it is running."""
        running = in_another_connection(lambda: TraceRecord.objects.filter(status="running").count())
        self.wrong["calls without a running row"] += running != 1

    def see_end(self, response: "Response | None", *, calls: int) -> None:
        """No response means that the process was told to stop; 303 leads to a row, which may be running."""
        rows = {row.pk: row.status for row in TraceRecord.objects.all()}
        status, told = (response.status_code, f"{response.items()} {response.text}") if response else (0, "")
        ended = any(pk in told and row_status != "running" for pk, row_status in rows.items())
        self.answers[status] += 1
        self.wrong["200 without a terminal row"] += status == 200 and not ended
        self.wrong["303 to no row"] += status == 303 and not any(pk in told for pk in rows)
        self.wrong["more than one row or call"] += len(rows) > 1 or calls > 1
        self.wrong["text of a fault told"] += CANARY in told


def send(face: str) -> "Response | None":
    client = Client(raise_request_exception=False)
    with suppress(KeyboardInterrupt):
        if face == "page":
            return client.post("/", report(submission_key="key-of-the-page", item=""), headers=BROWSER)
        headers = {"Idempotency-Key": "key-of-the-program"} if face == "JSON with a key" else {}
        return client.post("/rotation/decide", report(), content_type="application/json", headers=headers)
    return None


def one_request(nth: NthCall, face: str, judge: Judge, provider: FakeProvider) -> "Response | None":
    """Send one request with its Nth call failing, judge what came of it, and forget its row."""
    provider.calls.clear()
    provider.meanwhile = judge.see_call
    with pytest.MonkeyPatch.context() as patch:
        ask = provider.decide
        patch.setattr(provider, "decide", lambda *asked: nth.through("provider", lambda: ask(*asked)))
        with failing(nth, patch):
            response = send(face)
    connection.close()
    judge.see_end(response, calls=len(provider.calls))
    TraceRecord.objects.all().delete()
    return response


@pytest.mark.parametrize(("face", "statements"), [*FACES, *(MORE_FACES if LONG else [])])
def test_whatever_call_fails_no_answer_lies(
    face: str,
    statements: set[str],
    credential: Credential,
    provider: FakeProvider,
    settings: Settings,
    promise: Promise,
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    settings.SUBMITTER_DECISIONS_PER_DAY = 1 if statements == LIMITED else None
    judge, told = Judge(), 303 if face == "page" else 200
    for fault, late in product(FAULTS, (False, True)):
        for number in count(1):
            nth = NthCall(number, fault, late)
            response = one_request(nth, face, judge, provider)
            if not nth.happened:
                break
        assert response is not None
        assert response.status_code == told
        assert statements | {"clock", "provider"} <= set(nth.calls)

    runs, wrong = sum(judge.answers.values()), ", ".join(f"{what} {times}" for what, times in judge.wrong.items())
    promise(2, f"fault loop, {face}: {runs} runs, {len(nth.calls)} calls, 5 faults, early and late: {wrong}")
    assert set(judge.answers) <= {0, told, 200, 409, 500, 503}
    assert not +judge.wrong
