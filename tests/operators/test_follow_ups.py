"""Follow-through: what the records say now of keys that were eligible. No trace changes."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django.asserts import assertContains

from operators.story import page_address
from rotation.models import Credential
from tests.commands.conftest import started
from tests.conftest import MakeCredential
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, stored
from tests.operators.operators_list import LIST, listed
from tests.operators.stories import facts, facts_on_page
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

DASHBOARD = "/admin/"
TITLE = "Eligible 30 days ago, still alive"
AGE_DAYS, DAYS_AGO = 12, 40
ALIVE = "It is still alive: active, and the same key."
CHANGED = "It was changed or replaced: its source no longer tells the issue day."
ROTATED = "It was rotated: the record names a later key."
# What a later import changes of the record, and what the story then says.
CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, ALIVE),
    "issue day unknown": ({"issued_on_known": False, "issued_on": "0001-01-01"}, CHANGED),
    "gone": ({"gone": True, "state": "disabled"}, "It is gone: the last full snapshot of its source does not name it."),
    "disabled": ({"state": "disabled"}, "It was disabled."),
    "rotated": ({"state": "rotated"}, ROTATED),
    "re-issued a day later": ({"issued": 1}, ROTATED),
    "issued a day earlier": ({"issued": -1}, ALIVE),
    "not observed": ({"observed": -1}, "Its source has not been observed since."),
    "disabled by hand": ({"observed": -1, "state": "disabled"}, "It was disabled."),
    "another item": ({"item": "other-sync"}, "We hold no record of it any more."),
    "another account": ({"account_id": "acct_20468"}, "We hold no record of it any more."),
}


@pytest.fixture
def key(make_credential: MakeCredential) -> Credential:
    """The key that was 12 days old when it was eligible 40 days ago, observed just now."""
    return make_credential(age_days=DAYS_AGO + AGE_DAYS)


def eligible(*, days_ago: float = DAYS_AGO, row: Mapping[str, Any] = COMPLETED_ROW, **changes: Any) -> TraceRecord:
    return started(days_ago=days_ago, row=row, **changes)


@pytest.mark.parametrize(("change", "sentence"), CHANGES.values(), ids=CHANGES)
def test_the_story_says_what_the_record_says_now(
    admin_client: Client, key: Credential, change: dict[str, Any], sentence: str
) -> None:
    trace, change = eligible(), {**change}
    before = stored(trace)
    if "issued" in change:
        change["issued_on"] = key.issued_on + timedelta(days=change.pop("issued"))
    if "observed" in change:
        change["observed_at"] = trace.started_at + timedelta(seconds=change.pop("observed"))
    Credential.objects.filter(pk=key.pk).update(**change)

    told = facts(trace)

    assert told["The record now"] == sentence
    record = Credential.objects.filter(account_id="acct_10234", item="invoice-sync").first()
    assert told["Last observed"] == (f"{record.observed_at:%Y-%m-%d %H:%M:%S} UTC" if record else "not known")
    assert dict(facts_on_page(admin_client.get(page_address(trace.pk)).text))["The record now"] == sentence
    assert listed(admin_client, {"follow_up": "rotation"}) == ([trace.pk] if sentence == ALIVE else [])
    assert stored(trace) == before


@pytest.mark.parametrize(
    "trace",
    [
        {"decision": "needs_review"},
        {"source": "eval"},
        {"workflow": "retired"},
        {"workflow": "thanks"},
        {"row": FAILED_ROW},
    ],
    ids=["another decision", "an eval", "not registered", "without a follow-up", "failed"],
)
def test_other_traces_are_not_followed(key: Credential, trace: dict[str, Any]) -> None:
    assert "The record now" not in facts(eligible(**trace))


def test_the_list_holds_what_is_still_alive_after_30_days_and_the_dashboard_counts_it(
    admin_client: Client, make_credential: MakeCredential
) -> None:
    make_credential("acct_20468", age_days=3)
    make_credential("acct_30702", age_days=200)
    traces = [eligible(days_ago=days, account_id="acct_30702") for days in (31, 40, 179)]
    for days in (29, 181):
        eligible(days_ago=days, account_id="acct_30702")
    eligible(account_id="acct_20468")
    eligible(account_id="acct_30702", source="eval")

    page = admin_client.get(DASHBOARD)

    assert listed(admin_client, {"follow_up": "rotation"}) == [each.pk for each in traces]
    assert listed(admin_client, {"follow_up": "nothing"}) == []
    assertContains(page, f"<dt><strong>Look:</strong> {TITLE}</dt>")
    assertContains(page, f'<a href="{LIST}?follow_up=rotation">3</a> of the latest 5,000 decisions in 180 days')
    assertContains(admin_client.get(LIST), TITLE)


def test_a_page_of_the_list_leads_to_the_next_one(admin_client: Client, key: Credential) -> None:
    ids = {eligible().pk for _ in range(51)}

    first = admin_client.get(LIST, {"follow_up": "rotation"}).text
    [older] = re.findall(r'<a href="([^"]*)">Older</a>', first)
    second = admin_client.get(LIST + older.replace("&amp;", "&")).text

    assert {each for each in ids if each in first or each in second} == ids
