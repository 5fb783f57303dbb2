"""The interfaces of a workflow: its form, its JSON route, the stored result, and what its sender says or asks of it."""

from decisions.form_views import FormViews
from decisions.result_views import ResultViews


class WorkflowViews(FormViews, ResultViews):
    """
    The views of a workflow.

    A workflow's own class names its value and form, and may add to what its templates get. Each template in
    `templates/decisions/` has a default that a file of the same name in `templates/<name>/` replaces or extends:
    `form.html`, `result.html`, `heading.html` (the title of a result), `running.html` (the heading while it runs) and
    `advice.html` (what to do after a failure). The URL names are `form`, `decide`, `result` and, for a workflow with
    feedback or reviews, `feedback` and `review`, in the namespace of the workflow's name. Their addresses are the
    result's with `/feedback` and `/review`.
    """
