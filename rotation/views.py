"""
The pages of a rotation decision. They show the policy line, and why it did not settle a report.

The form offers members their own accounts, and the labels of one that holds several active credentials.
"""

from contextlib import suppress
from typing import Any

from django.db import Error as DatabaseFault
from django.http import HttpRequest

from access.members import accounts_of, member_of
from access.submitters import asker_of
from decisions.forms import ReportForm
from decisions.recheck import objection
from decisions.stored import readable_facts
from decisions.views import WorkflowViews
from rotation.contract import CredentialFacts, Decision
from rotation.forms import RotationForm, mark_fault, offer
from rotation.policy import P7
from rotation.records import active_labels
from rotation.words import describe_times
from rotation.workflow import ROTATION
from traces.codes import ErrorCode
from traces.models import TraceRecord


class RotationViews(WorkflowViews):
    workflow = ROTATION
    form = RotationForm

    def form_context(self, request: HttpRequest, form: ReportForm, earlier: TraceRecord | None) -> dict[str, Any]:
        is_ambiguous = earlier is not None and earlier.error_code == ErrorCode.CREDENTIAL_AMBIGUOUS
        ambiguous = earlier.account_id if earlier and is_ambiguous else None
        accounts, labels = [], []
        # The text in the form matters more than what the form offers.
        with suppress(DatabaseFault):
            if member := member_of(request):
                accounts = accounts_of(member)
                if ambiguous and asker_of(request).may_ask_about(ambiguous):
                    labels = active_labels(ambiguous)
        offer(form, accounts, labels)
        if earlier:
            mark_fault(form, earlier.error_code, labels)
        return {"policy": P7, "accounts": accounts, "labels": labels}

    def result_context(self, trace: TraceRecord) -> dict[str, Any]:
        unsettled = trace.decision == Decision.NEEDS_REVIEW
        facts = readable_facts(trace)
        return {
            "policy": P7,
            "facts": facts,
            **(describe_times(facts) if isinstance(facts, CredentialFacts) else {}),
            "objection": objection(ROTATION, trace, Decision.ELIGIBLE) if unsettled else None,
        }

    def retry_initial(self, trace: TraceRecord) -> dict[str, Any]:
        return {"account_id": trace.account_id}


_views = RotationViews()
report_page = _views.form_view()
decide_json = _views.json_view()
result = _views.result_view()
review = _views.review_view()
