"""
A sender's request that a person looks at a trace: one row a trace, with a note that may end before the row does.

There is no foreign key, because 0.2.0 deletes traces by plain statements.
"""

from django.db import models

from traces.entries import LONGEST_NOTE


class ReviewRequest(models.Model):
    """Final but for its note, which may be emptied (traces.guard). The row is deleted with its trace."""

    trace_id = models.CharField(primary_key=True, max_length=32)
    workflow = models.CharField(max_length=40)
    requested_at = models.DateTimeField(db_index=True)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)

    def __str__(self) -> str:
        return f"request to review {self.trace_id}"
