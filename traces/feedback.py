"""
What the sender of a request says of its result: one closed value, once, in a row of its own.

There is no foreign key, because 0.2.0 deletes traces by plain statements.
"""

from django.db import models
from django.db.models import CheckConstraint, Q


class Feedback(models.Model):
    """`verdict` is a slug of the workflow. The row is deleted with its trace."""

    trace_id = models.CharField(primary_key=True, max_length=32)
    workflow = models.CharField(max_length=40)
    verdict = models.CharField(max_length=24)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [CheckConstraint(name="traces_feedback_has_a_verdict", condition=~Q(verdict=""))]

    def __str__(self) -> str:
        return f"feedback on {self.trace_id}"
