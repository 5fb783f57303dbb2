"""Rows of other workflows, and rows that this release cannot read: every page shows them and says what is missing."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from decisions.stored import readable_facts
from operators.review_queue import waiting
from operators.story import page_address
from rotation.words import REVIEW
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, INVALID, LATER, RUNNING_ROW, insert
from tests.operators.operators_list import LIST, listed
from tests.operators.reviewing import needs_review, page_of, review
from tests.operators.stories import facts, facts_on_page, printed
from traces.models import TraceRecord
from traces.reviews import Review

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

NO_RECORD = dict.fromkeys(("credential_label", "credential_kind", "credential_state", "credential_age_days"))
NO_ACCOUNT = NO_RECORD | {"account_id": None, "policy_line_ids": []}
INVALID_ROW = FAILED_ROW | {"error_code": INVALID.error_code, "error_reason": INVALID.error_reason}
UNREGISTERED = NO_ACCOUNT | {"workflow": "retired", "facts": {"kind": "parcel"}}
ROWS = {
    "running, not registered": RUNNING_ROW | UNREGISTERED,
    "completed, not registered": COMPLETED_ROW | UNREGISTERED | {"decision": "needs_review"},
    "failed, not registered": INVALID_ROW | UNREGISTERED,
    "without account and facts": COMPLETED_ROW | NO_ACCOUNT | {"workflow": "thanks", "decision": "thanks"},
    "with unknown facts": COMPLETED_ROW | {"facts": {"kind": "parcel"}},
    "with facts of another shape": COMPLETED_ROW | {"facts": ["parcel"]},
    "with an unknown word in an old column": COMPLETED_ROW | {"credential_kind": "parcel"},
    "with half a record in the old columns": FAILED_ROW | {"credential_state": None},
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_lists_a_search_the_page_and_the_command_show_the_row(admin_client: Client, row: dict[str, Any]) -> None:
    trace = insert(row)
    chosen = {"status__exact": "all"}

    account = re.search(r'<td class="field-account_id">([^<]*)</td>', admin_client.get(LIST, chosen).text)
    on_page = dict(facts_on_page(admin_client.get(page_address(trace.pk)).text))

    assert account is not None
    assert account[1] == (row["account_id"] or "-")
    assert listed(admin_client, chosen) == listed(admin_client, chosen | {"workflow__exact": row["workflow"]})
    assert listed(admin_client, chosen) == [trace.pk]
    assertRedirects(admin_client.get(LIST, {"q": trace.pk}), page_address(trace.pk))
    assert on_page == facts(trace)
    assert on_page["Account"] == (row["account_id"] or "none")
    assert printed(trace.pk).startswith(trace.pk)
    assert admin_client.get("/admin/").status_code == 200


def test_the_story_says_that_a_workflow_is_not_registered_or_that_facts_cannot_be_read() -> None:
    for name, row in ROWS.items():
        story = facts(insert(row))

        if row["workflow"] == "retired":
            assert story["Workflow"] == "retired"
            assert story["Facts"] == "not known: the workflow is not registered"
            assert story.get("The sender reads", story["Facts"]) == story["Facts"]
            assert "Why" not in story
        elif row["workflow"] == "rotation":
            assert story["Facts"] == "hold a value that this release does not know", name
            assert "parcel" not in str(story)


def test_a_workflow_without_records_has_no_facts_in_the_story() -> None:
    story = facts(insert(ROWS["without account and facts"]))

    assert not {"Facts", "Credential", "Same account"} & story.keys()
    assert (story["Decision"], story["Policy lines cited"]) == ("thanks", "none")


def test_an_answer_that_this_release_cannot_read_is_not_shown() -> None:
    answer = {"decision": "eligible", "window_days": 30}
    for changes in ({"prompt_version": "rotation_decision@9"}, {"answer": {"kind": "parcel"}}, UNREGISTERED):
        trace = insert(COMPLETED_ROW | {"answer": answer, "decision": "needs_review"} | changes)

        story = facts(trace)

        assert story["The model's answer"] == "holds a value that this release does not know"
        assert "parcel" not in str(story)


def test_facts_that_cannot_be_read_are_not_shown() -> None:
    lone_surrogate = TraceRecord(workflow="rotation", facts={"label": "\ud800"})

    assert readable_facts(insert(RUNNING_ROW | UNREGISTERED)) is None
    assert readable_facts(lone_surrogate) is None


def test_a_trace_is_found_by_the_id_that_its_customer_knows(admin_client: Client) -> None:
    trace = insert(ROWS["without account and facts"])
    shown_id = trace.pk.replace("trace_", "note_")

    assertRedirects(admin_client.get(LIST, {"q": shown_id}), page_address(trace.pk))
    assert printed(shown_id) == printed(trace.pk)


def test_a_decision_of_a_workflow_without_reviews_is_not_up_for_review(admin_client: Client) -> None:
    for trace in (needs_review(workflow="retired"), needs_review(workflow="thanks")):
        assertContains(admin_client.get(page_of(trace)), "This trace cannot be reviewed.", status_code=403)
        assertNotContains(admin_client.get(page_address(trace.pk)), "/review/add/")
    assert not waiting(TraceRecord.objects.all()).exists()


def test_a_decision_with_unreadable_facts_can_be_reviewed(admin_client: Client) -> None:
    trace = needs_review(facts={"kind": "parcel"})

    page = admin_client.get(page_of(trace))

    assertContains(page, "<dt>Facts</dt><dd>hold a value that this release does not know</dd>")
    assertNotContains(page, "parcel")


@pytest.mark.usefixtures("reviewed_thanks")
def test_a_decision_is_reviewed_in_the_words_of_its_workflow(admin_client: Client) -> None:
    trace = insert(COMPLETED_ROW | NO_ACCOUNT | {"workflow": "thanks", "decision": "other"})
    rotations = needs_review()
    others = [needs_review(workflow="thanks"), insert(COMPLETED_ROW | {"decision": "other"})]
    written = {"seen": "0", "outcome": "answered", "reason": "handwriting", "note": ""}

    queue = set(waiting(TraceRecord.objects.all()).values_list("pk", flat=True))
    page = admin_client.get(page_of(trace))
    answers = [admin_client.post(page_of(each), written).status_code for each in (trace, *others, rotations)]

    assert queue == {trace.pk, rotations.pk}
    for shown in ("other under policy@1", "<dt>Account</dt><dd>none</dd>", "The letter was answered."):
        assertContains(page, shown)
    assertNotContains(page, "rotation_supported")
    assert answers == [302, 403, 403, 422]
    assert facts(trace)["Review 1"].startswith("The letter was answered. The handwriting is hard to read. (admin, ")


@pytest.mark.parametrize(
    ("workflow", "outcome", "reason"),
    [("rotation", "was_lost", "long_ago"), ("retired", "cannot_tell", "ambiguous")],
    ids=["words of another release", "words of an unregistered workflow"],
)
def test_unknown_words_of_a_review_are_shown_as_they_are_stored(
    admin_client: Client, admin_user: User, workflow: str, outcome: str, reason: str
) -> None:
    trace = needs_review(workflow=workflow)
    words = {"outcome": outcome, "reason": reason}
    row = Review.objects.create(trace=trace, number=1, reviewer=admin_user, reviewed_at=LATER, **words)

    for address in ("/admin/traces/review/", f"/admin/traces/review/{row.pk}/change/", page_address(trace.pk)):
        assertContains(admin_client.get(address), outcome)
        assertContains(admin_client.get(address), reason)
    if workflow == "rotation":
        assertContains(admin_client.get(page_of(trace)), outcome)
    assert facts(trace)["Review 1"].startswith(f"{outcome} {reason} (admin, ")


def choices(page: str, parameter: str) -> dict[str, str]:
    return dict(re.findall(rf'<a href="\?{parameter}__exact=([^"]*)">\s*(.*?)</a>', page))


def test_the_list_of_reviews_offers_the_sentences_and_filters_by_their_slugs(
    admin_client: Client, admin_user: User
) -> None:
    review(needs_review(), by=admin_user)

    page = admin_client.get("/admin/traces/review/").text
    found, nothing = (
        admin_client.get("/admin/traces/review/", {"outcome__exact": outcome, "reason__exact": "ambiguous"})
        for outcome in ("cannot_tell", "rotation_supported")
    )

    assert choices(page, "outcome") == REVIEW.outcomes
    assert choices(page, "reason").keys() == REVIEW.reasons.keys()
    assert (found.context["cl"].result_count, nothing.context["cl"].result_count) == (1, 0)


@pytest.mark.usefixtures("reviewed_thanks")
def test_a_slug_with_two_meanings_is_offered_as_it_is_stored(admin_client: Client) -> None:
    page = admin_client.get("/admin/traces/review/").text

    offered = choices(page, "outcome")
    assert (offered["cannot_tell"], offered["answered"]) == ("cannot_tell", "The letter was answered.")
    assert choices(page, "reason")["other"] == REVIEW.reasons["other"]


def test_an_unknown_slug_finds_nothing(admin_client: Client, admin_user: User) -> None:
    review(needs_review(), by=admin_user)

    for chosen, found in (("approved", 0), ("cannot_tell", 1), ("", 1)):
        page = admin_client.get("/admin/traces/review/", {"outcome__exact": chosen})
        assert page.context["cl"].result_count == found, chosen
