"""The overview in the admin: each number links to the rows that it counts."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from rotation.models import Credential
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, INVALID, RUNNING_ROW, insert
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

OVERVIEW = "/admin/traces/overview/"
INVALID_ROW = FAILED_ROW | {"error_code": INVALID.error_code, "error_reason": INVALID.error_reason}
NUMBER = re.compile(r'<td class="number"><a href="([^"]+)" aria-label="([^"]+)">(\d+)</a>')


def ago(**length: int) -> dict[str, datetime]:
    return {"started_at": timezone.now() - timedelta(**length)}


def numbers(page: str) -> dict[str, int]:
    return {unescape(label): int(number) for _, label, number in NUMBER.findall(page)}


def test_an_empty_ledger_is_described_in_sentences(admin_client: Client) -> None:
    page = admin_client.get(OVERVIEW)

    assertContains(page, "No request came in.", count=3)
    assertContains(page, "No request is running.")
    assertNotContains(page, "in the last hour")


@pytest.mark.parametrize("source", ["", "?source__exact=eval"], ids=["all but evals", "evals"])
def test_each_number_leads_to_as_many_rows(admin_client: Client, source: str) -> None:
    for row in (COMPLETED_ROW, INVALID_ROW, FAILED_ROW, FAILED_ROW, RUNNING_ROW):
        for came_by in ("web", "eval"):
            insert(row | ago(seconds=5) | {"source": came_by})
    insert(INVALID_ROW | ago(days=2) | {"prompt_version": "rotation_decision@2"})

    links = NUMBER.findall(admin_client.get(OVERVIEW + source).content.decode())

    assert len(links) >= 21
    for address, label, number in links:
        assert (label, admin_client.get(unescape(address)).context["cl"].result_count) == (label, int(number))


def test_evals_are_left_out_until_they_are_chosen(admin_client: Client) -> None:
    insert(COMPLETED_ROW | ago(seconds=5))
    insert(COMPLETED_ROW | ago(seconds=5) | {"source": "eval", "decision": "needs_review"})

    assertNotContains(admin_client.get(OVERVIEW), "needs_review")
    assertContains(admin_client.get(OVERVIEW, {"source__exact": "eval"}), "1 needs_review in the last hour")
    unknown = admin_client.get(OVERVIEW, {"source__exact": "nonsense"})
    assertContains(unknown, 'aria-current="page">All but evals')


def test_the_share_of_refused_answers_is_shown_where_a_model_was_asked(admin_client: Client) -> None:
    not_asked = FAILED_ROW | {"error_code": "account_unknown"}
    insert(not_asked | ago(seconds=5))
    assertContains(admin_client.get(OVERVIEW), "of 0 asked", count=3)

    for row in (COMPLETED_ROW, COMPLETED_ROW, INVALID_ROW):
        insert(row | ago(seconds=5))
    page = admin_client.get(OVERVIEW)

    assertContains(page, "33.3 % of 3 asked", count=3)
    assert numbers(page.text)["1 refused with rotation_decision@1 in the last hour"] == 1


def test_the_oldest_source_of_records_is_named(admin_client: Client, credential: Credential) -> None:
    Credential.objects.update(source="aws:<one>", observed_at=timezone.now() - timedelta(hours=5))

    page = admin_client.get(OVERVIEW)

    assertContains(page, "The oldest source, aws:&lt;one&gt;, was observed 5 hours ago.")


def test_the_oldest_running_request_is_named_with_its_age(admin_client: Client) -> None:
    insert(RUNNING_ROW | ago(seconds=2))
    oldest = insert(RUNNING_ROW | ago(seconds=9))

    page = admin_client.get(OVERVIEW)

    assertContains(page, f">{oldest.pk}</a>, started 9 s ago")


def test_a_request_left_running_is_closed_before_it_is_counted(admin_client: Client) -> None:
    insert(RUNNING_ROW | ago(minutes=30))

    page = admin_client.get(OVERVIEW)

    assertContains(page, "No request is running.")
    assert numbers(page.content.decode())["1 interrupted in the last hour"] == 1
    assert TraceRecord.objects.get().error_code == "interrupted"


def test_the_longest_bar_is_that_of_the_most_frequent_outcome(admin_client: Client) -> None:
    for row in (COMPLETED_ROW, COMPLETED_ROW, FAILED_ROW):
        insert(row | ago(seconds=5))

    page = admin_client.get(OVERVIEW)

    assertContains(page, '<rect class="completed" x="169" y="4" width="240" height="14"/>', count=3)
    assertContains(page, '<rect class="failed" x="169" y="4" width="120" height="14"/>', count=3)


def test_stored_hostile_text_is_escaped_and_the_page_needs_no_more_than_the_policy_allows(admin_client: Client) -> None:
    hostile = '"><script>alert(1)</script>'
    insert(COMPLETED_ROW | ago(seconds=5) | {"decision": hostile, "prompt_version": hostile})

    page = admin_client.get(OVERVIEW)

    assertContains(page, "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;")
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    assert not re.findall("style=|<style|<script>", page.text)


def test_the_link_to_the_overview_is_for_users_who_may_read_traces(client: Client) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    client.force_login(clerk)

    before = client.get("/admin/")
    clerk.user_permissions.add(Permission.objects.get(codename="view_tracerecord"))

    assertNotContains(before, OVERVIEW)
    assertContains(client.get("/admin/"), OVERVIEW)
