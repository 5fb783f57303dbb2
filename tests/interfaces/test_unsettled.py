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
    "our record was last observed 169 hours before this request, and one counts for 168.": doubt(record_age_hours=169),
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


def test_the_age_that_was_used_is_shown_unless_it_is_unknown(browser: Client, db: None) -> None:
    known, unknown = (page_of_row(browser, decision="needs_review", **doubt(age_days=days)) for days in (12, None))

    assert "<dt>Age used</dt><dd>12 days, from our credential record" in known
    assert "<dt>Age used</dt><dd>unknown, from our credential record" in unknown
