"""In members mode a submitter reads their own traces only; a foreign trace looks like an absent one."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.access.conftest import OWN, alike, issued, signed_in
from tests.interfaces.conftest import BROWSER
from tests.ledger.rows import open_row
from traces.identifiers import new_trace_id


@pytest.fixture
def trace_id() -> str:
    """A decision of ada's, a member of the own account."""
    return str(signed_in("ada", OWN).ask_json(OWN).json()["trace_id"])


READERS = {
    "another member of the account": lambda: signed_in("bob", OWN),
    "member of none": lambda: signed_in("eve"),
    "superuser": lambda: signed_in("root", superuser=True),
    "token for the account": lambda: issued("job", OWN)[1],
}


@pytest.mark.parametrize("name", READERS)
def test_a_foreign_trace_looks_like_an_absent_one(trace_id: str, name: str) -> None:
    reader = READERS[name]()

    for accept in ("*/*", BROWSER):
        with CaptureQueriesContext(connection) as for_foreign:
            foreign = reader.read(trace_id, accept)
        with CaptureQueriesContext(connection) as for_absent:
            absent = reader.read(new_trace_id(), accept)
        assert foreign.status_code == 404
        assert alike(foreign) == alike(absent)
        assert len(for_foreign) == len(for_absent)


def test_only_its_owner_closes_an_overdue_trace_by_reading_it() -> None:
    ada, (_, job) = signed_in("ada", OWN), issued("job", OWN)
    left = open_row(submitter=f"user:{User.objects.get(username='ada').pk}")

    with CaptureQueriesContext(connection) as queries:
        response = job.read(left.pk)

    assert response.status_code == 404
    assert [query["sql"] for query in queries if query["sql"].startswith("UPDATE")] == []
    assert ada.read(left.pk).json()["error_code"] == "interrupted"


def test_a_submitter_reads_their_own_trace() -> None:
    for who in (signed_in("ada", OWN), issued("job", OWN)[1]):
        trace_id = who.ask_json(OWN).json()["trace_id"]

        assert who.read(trace_id).json()["trace_id"] == trace_id
        assert who.read(trace_id, BROWSER).status_code == 200
