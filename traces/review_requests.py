"""
A sender's request that a person looks at a trace: one row a trace, with a note that may end before the row does.

There is no foreign key, because 0.2.0 deletes traces by plain statements.
"""

from django.db import models
from django.db.models import Index

from traces.entries import LONGEST_NOTE


class ReviewRequest(models.Model):
    """Final but for its note, which may be emptied (traces.guard). The row is deleted with its trace."""

    trace_id = models.CharField(primary_key=True, max_length=32)
    workflow = models.CharField(max_length=40)
    requested_at = models.DateTimeField()
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)

    class Meta:
        # The queue walks it from the oldest request on.
        indexes = [Index(fields=["requested_at", "trace_id"], name="traces_requests_oldest")]

    def __str__(self) -> str:
        return f"request to review {self.trace_id}"
