"""A decision that needs review says what our record has against it, as far as the record can say it."""

from typing import Any

import pytest
from django.test import Client

from tests.ledger.rows import COMPLETED_ROW
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

REASONS: dict[str, dict[str, Any]] = {
    "by our record the credential is 45 days old, and the line covers 30.": {"credential_age_days": 45},
    "by our record the credential was issued after the day of this request.": {"credential_age_days": -1},
    "by our record the credential is not a service-account key.": {"credential_kind": "user_password"},
    "by our record the credential is disabled.": {"credential_state": "disabled"},
    "our record could not be compared with the line.": {"credential_kind": "a kind of another release"},
    "our record fits it, but the report may not plainly say that the key is stale.": {},
}


def told(browser: Client, **columns: Any) -> str:
    row = TraceRecord.objects.create(**COMPLETED_ROW | columns | {"trace_id": new_trace_id()})
    return " ".join(browser.get(f"/rotation/{row.trace_id}").text.split())


@pytest.mark.parametrize(("sentence", "columns"), REASONS.items())
def test_the_page_says_why_a_person_has_to_look(
    browser: Client, db: None, sentence: str, columns: dict[str, Any]
) -> None:
    page = told(browser, decision="needs_review", **columns)

    assert [each for each in REASONS if each in page] == [sentence]


def test_other_decisions_say_nothing_of_it(browser: Client, db: None) -> None:
    pages = [told(browser, decision=decision) for decision in ("eligible", "not_eligible")]

    assert not [each for each in REASONS for page in pages if each in page]
