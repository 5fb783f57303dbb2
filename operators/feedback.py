"""The results that their senders marked wrong."""

from django.db.models import QuerySet

from decisions.registry import workflows
from traces.feedback import Feedback
from traces.models import TraceRecord


def judged_workflows() -> dict[str, str]:
    """Return the word for a result of each workflow whose senders judge it, by the workflow's name."""
    return {each.name: each.words.result for each in workflows() if each.feedback}


def marked_wrong(workflow: str, traces: QuerySet[TraceRecord]) -> QuerySet[TraceRecord]:
    """Keep the traces of a workflow that their senders marked with anything but its first verdict, for "right"."""
    right = [next(iter(each.feedback)) for each in workflows() if each.name == workflow and each.feedback]
    wrong = Feedback.objects.filter(workflow=workflow).exclude(verdict__in=right)
    return traces.filter(pk__in=wrong.values("trace_id"))
