"""The cost of a decision: two writes, one read, one call, and no database connection during the call."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from rotation.models import Credential
from tests.conftest import Decide, report
from tests.fakes import FakeProvider, answer
from tests.interfaces.conftest import PostForm
from traces.models import TraceRecord

# Within the transaction of a test, the commit of the running row is a savepoint.
READS, COMMITS, WRITES = 1, 2, 2
WORK = {"SELECT", "INSERT", "UPDATE", "DELETE", "PRAGMA"}


def verbs(queries: CaptureQueriesContext) -> list[str]:
    return [verb for query in queries.captured_queries if (verb := query["sql"].split()[0]) in WORK]


def test_decision_makes_one_read_and_two_writes(
    decide: Decide,
    credential: Credential,
    provider: FakeProvider,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for provider.says in (answer(), "no answer", TimeoutError()):
        provider.calls.clear()
        with django_assert_num_queries(READS + COMMITS + WRITES) as queries:
            decide()
        assert verbs(queries) == ["SELECT", "INSERT", "UPDATE"], provider.says
        assert len(provider.calls) == 1, provider.says


def test_unknown_accounts_and_forms_cost_no_more(decide: Decide, post_form: PostForm, provider: FakeProvider) -> None:
    for send in (decide, post_form):
        with CaptureQueriesContext(connection) as queries:
            send()
        assert verbs(queries) == ["SELECT", "INSERT", "UPDATE"], send


def test_refusal_makes_no_query(
    decide: Decide, credential: Credential, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        decide(report("wrong"))


def test_stored_result_makes_one_read(
    decide: Decide, credential: Credential, provider: FakeProvider, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    trace_id = decide().json()["trace_id"]

    with django_assert_num_queries(1):
        Client().get(f"/rotation/{trace_id}")


@pytest.mark.django_db(transaction=True)
def test_decision_without_a_transaction_makes_two_writes(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    with CaptureQueriesContext(connection) as queries:
        decide()

    assert verbs(queries) == ["SELECT", "INSERT", "UPDATE"]


@pytest.mark.django_db(transaction=True)
def test_row_is_committed_and_connection_returned_before_the_call(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    states: list[tuple[bool, bool]] = []
    provider.meanwhile = lambda: states.append((connection.connection is not None, connection.in_atomic_block))

    decide()

    # A PostgreSQL connection returns to its pool. The file of SQLite stays open, which does no harm.
    assert states == [(connection.vendor == "sqlite", False)]
    assert TraceRecord.objects.get().status == "completed"
