"""The page of a trace in the admin: it is found by any form of its id, and changes nothing."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from access.bodies import ADMIN_LIMIT_BYTES
from decisions.sentences import sentence_of
from rotation.workflow import ROTATION
from tests.ledger.rows import INVALID, closed_row, insert, open_row, stored
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

LIST = "/admin/traces/tracerecord/"


@pytest.fixture
def trace() -> TraceRecord:
    return closed_row(INVALID)


def test_a_trace_shows_its_outcome_reason_sentence_and_who_acts_and_no_button(
    admin_client: Client, trace: TraceRecord
) -> None:
    page = admin_client.get(f"{LIST}{trace.pk}/change/")

    for shown in (trace.pk, "window_conflict", sentence_of(ROTATION, trace), "operator; reason on the row"):
        assertContains(page, shown)
    assertContains(page, "<h2>failed: invalid_decision</h2>", html=True)
    assertNotContains(page, 'name="_save"')
    assertNotContains(page, "deletelink")


@pytest.mark.parametrize("page", ["", "{id}/change/"], ids=["list", "detail"])
def test_a_trace_left_running_is_closed_before_an_operator_reads_it(admin_client: Client, page: str) -> None:
    left = open_row(at=timezone.now() - timedelta(hours=1))

    response = admin_client.get(LIST + page.format(id=left.pk))

    assertContains(response, "interrupted")
    assert TraceRecord.objects.get().error_code == "interrupted"


def test_an_id_that_the_admin_would_unquote_is_found(admin_client: Client) -> None:
    trace = insert({**stored(closed_row()), "trace_id": "trace_22" + "0" * 24})

    for address in (trace.pk, quote(trace.pk)):
        assertContains(admin_client.get(f"{LIST}{address}/change/"), trace.pk)


def test_an_unknown_trace_redirects_to_the_index_and_a_running_one_can_be_read(admin_client: Client) -> None:
    assertRedirects(admin_client.get(f"{LIST}trace_00000000000000000000000000/change/"), "/admin/")
    assert admin_client.get(f"{LIST}{open_row().pk}/change/").status_code == 200


def test_the_list_does_not_offer_to_delete_many(admin_client: Client, trace: TraceRecord) -> None:
    admin_client.post(LIST, {"action": "delete_selected", "_selected_action": trace.pk, "post": "yes"})

    assertNotContains(admin_client.get(LIST), "delete_selected")
    assert TraceRecord.objects.filter(pk=trace.pk).exists()


def test_form_with_a_thousand_fields_fits(admin_client: Client) -> None:
    chosen = {"action": "delete_selected", "_selected_action": range(10_000_000, 10_000_998)}

    statuses = [
        admin_client.post(
            "/admin/auth/group/", urlencode(chosen | {"x": "." * more}, doseq=True), "application/x-www-form-urlencoded"
        ).status_code
        for more in (0, ADMIN_LIMIT_BYTES)
    ]

    assert statuses == [200, 413]
