"""How long ago the sources of a workflow's trusted records were observed, in sentences for operators."""

from datetime import datetime, timedelta

from django.conf import settings
from django.template.defaultfilters import pluralize

from decisions.workflow import Records


def describe_oldest_source(records: Records, *, now: datetime) -> tuple[bool, str]:
    """Return whether all is well, and a sentence on the source that nobody has observed for the longest time."""
    bound: int | None = getattr(settings, records.fresh_hours)
    rule = (
        f"{records.fresh_hours} is {bound:,}"
        if bound
        else f"{records.fresh_hours} is not set, so records of any age count"
    )
    oldest = records.oldest_source()
    if oldest is None:
        return bound is not None, f"There is no active record. Import some: nothing can be decided without. {rule}."
    source, observed_at = oldest
    hours = (now - observed_at) // timedelta(hours=1)
    ago = f"{hours:,} hour{pluralize(hours)}" if hours else "less than an hour"
    observed = f"The oldest source, {source}, was observed {ago} ago"
    if bound is None or hours <= bound:
        return bound is not None, f"{observed}. {rule}."
    return False, f"{observed}, so its records support no decision: import it again. {rule}."
