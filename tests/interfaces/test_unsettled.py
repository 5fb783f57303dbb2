"""A decision that needs review shows the objection of our record, as far as the record has one."""

from typing import Any

from django.test import Client

from tests.ledger.rows import COMPLETED_ROW
from traces.identifiers import new_trace_id
from traces.models import TraceRecord


def doubt(**facts: int | None) -> dict[str, Any]:
    known = {"label": "invoice-sync", "kind": "service_account_key", "state": "active", "age_days": 12}
    return {"facts": {**known, "record_age_hours": 0, "fresh_hours": 168, **facts}}


REASONS: dict[str, dict[str, Any]] = {
    "by our record the credential is 45 days old, and the line covers 30.": {"credential_age_days": 45},
    "by our record the credential was issued after the day of this request.": {"credential_age_days": -1},
    "by our record the credential is not a service-account key.": {"credential_kind": "user_password"},
    "by our record the credential is disabled.": {"credential_state": "disabled"},
    "by our record the credential is 4,000 days old, and the line covers 30.": doubt(age_days=4_000),
    "last observed 7 days and 1 hour before this request, and a record counts for 7 days.": doubt(record_age_hours=169),
    "last observed 2 hours before this request, and a record counts for 1 hour.": doubt(
        record_age_hours=2, fresh_hours=1
    ),
    "our record was observed only after this request.": doubt(record_age_hours=-1),
    "our record does not tell when the credential was issued.": doubt(age_days=None),
    "our record could not be compared with the line.": {"credential_kind": "a kind of another release"},
    "our record fits it, but the report may not plainly say that the key is stale.": {},
}


def page_of_row(browser: Client, **columns: Any) -> str:
    row = TraceRecord.objects.create(**COMPLETED_ROW | columns | {"trace_id": new_trace_id()})
    return " ".join(browser.get(f"/rotation/{row.trace_id}").text.split())


def test_needs_review_shows_its_reason(browser: Client, db: None) -> None:
    for sentence, columns in REASONS.items():
        page = page_of_row(browser, decision="needs_review", **columns)
        assert [each for each in REASONS if each in page] == [sentence]


def test_other_decisions_show_no_reason_for_review(browser: Client, db: None) -> None:
    pages = [page_of_row(browser, decision=decision) for decision in ("eligible", "not_eligible")]

    assert not [each for each in REASONS for page in pages if each in page]


AGES: dict[str, int | None] = {
    "unknown": None,
    "none: issued 345 days after the request": -345,
    "none: issued 1 day after the request": -1,
    "0 days: issued on the day of the request": 0,
    "1 day": 1,
    "12 days": 12,
    "4,000 days": 4_000,
}


def test_every_age_is_shown_in_words(browser: Client, db: None) -> None:
    for words, days in AGES.items():
        assert f"<dt>Age used</dt><dd>{words} (<time" in page_of_row(
            browser, decision="needs_review", **doubt(age_days=days)
        )


def test_facts_that_cannot_be_read_are_not_shown_as_empty(browser: Client, db: None) -> None:
    page = page_of_row(browser, decision="needs_review", credential_kind="a kind of another release")

    assert "<dt>Our record</dt><dd>was read at the time, and cannot be shown any more</dd>" in page
    assert "Age used" not in page
