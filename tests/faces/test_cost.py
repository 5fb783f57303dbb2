"""What one decision costs: two writes, one read, one call, and no database connection while the provider works."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from rotation.models import Credential
from tests.conftest import Decide, report
from tests.faces.conftest import PostForm
from tests.fakes import FakeProvider, answer
from traces.models import TraceRecord

# Under a test's own transaction, the commit of the running row is a savepoint.
READS, COMMITS, WRITES = 1, 2, 2
WORK = {"SELECT", "INSERT", "UPDATE", "DELETE", "PRAGMA"}


def verbs(queries: CaptureQueriesContext) -> list[str]:
    return [verb for query in queries.captured_queries if (verb := query["sql"].split()[0]) in WORK]


@pytest.mark.parametrize("says", [answer(), "no answer", TimeoutError()], ids=["completed", "invalid", "failed"])
def test_a_decision_is_one_read_and_two_writes(
    decide: Decide,
    credential: Credential,
    provider: FakeProvider,
    django_assert_num_queries: DjangoAssertNumQueries,
    says: str | BaseException,
) -> None:
    provider.says = says

    with django_assert_num_queries(READS + COMMITS + WRITES) as queries:
        decide()

    assert verbs(queries) == ["SELECT", "INSERT", "UPDATE"]
    assert len(provider.calls) == 1


def test_an_unknown_account_costs_no_more(decide: Decide, db: None, provider: FakeProvider) -> None:
    with CaptureQueriesContext(connection) as queries:
        decide()

    assert verbs(queries) == ["SELECT", "INSERT", "UPDATE"]


def test_a_form_costs_no_more(post_form: PostForm, credential: Credential, provider: FakeProvider) -> None:
    with CaptureQueriesContext(connection) as queries:
        post_form()

    assert verbs(queries) == ["SELECT", "INSERT", "UPDATE"]


def test_a_refusal_asks_the_database_nothing(
    decide: Decide, credential: Credential, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        decide(report("wrong"))


def test_a_stored_result_is_one_read(
    decide: Decide, credential: Credential, provider: FakeProvider, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    trace_id = decide().json()["trace_id"]

    with django_assert_num_queries(1):
        Client().get(f"/rotation/{trace_id}")


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_test_the_writes_are_two_as_well(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    with CaptureQueriesContext(connection) as queries:
        decide()

    assert verbs(queries) == ["SELECT", "INSERT", "UPDATE"]


@pytest.mark.django_db(transaction=True)
def test_the_running_row_is_committed_and_the_connection_given_back_before_the_call(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    held: list[tuple[bool, bool]] = []
    provider.meanwhile = lambda: held.append((connection.connection is not None, connection.in_atomic_block))

    decide()

    # A pool's connection goes back to it; the file of SQLite is kept open, as that harms nobody.
    assert held == [(connection.vendor == "sqlite", False)]
    assert TraceRecord.objects.get().status == "completed"
