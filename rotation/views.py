"""The pages of a rotation decision. They show the policy line, and why it did not settle a report."""

from typing import Any

from decisions.recheck import objection
from decisions.stored import readable_facts
from decisions.views import WorkflowViews
from rotation.contract import Decision
from rotation.forms import RotationForm
from rotation.policy import P7
from rotation.workflow import ROTATION
from traces.models import TraceRecord


class RotationViews(WorkflowViews):
    workflow = ROTATION
    form = RotationForm

    def form_context(self) -> dict[str, Any]:
        return {"policy": P7}

    def result_context(self, trace: TraceRecord) -> dict[str, Any]:
        unsettled = trace.decision == Decision.NEEDS_REVIEW
        return {
            "policy": P7,
            "facts": readable_facts(trace),
            "objection": objection(ROTATION, trace, Decision.ELIGIBLE) if unsettled else None,
        }

    def retry_initial(self, trace: TraceRecord) -> dict[str, Any]:
        return {"account_id": trace.account_id}


_views = RotationViews()
report_page = _views.form_view()
decide_json = _views.json_view()
result = _views.result_view()
