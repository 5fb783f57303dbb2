"""The tickets that customers got. A summary is in this one column and nowhere else."""

from django.db import models
from django.db.models import CheckConstraint, Q

from tickets.contract import LONGEST_SUMMARY, Category, Priority


class Ticket(models.Model):
    """
    The product of one completed trace, under the trace's id. It never changes.

    There is no foreign key, because 0.2.0 deletes traces by plain statements.
    """

    trace_id = models.CharField(primary_key=True, max_length=32)
    category = models.CharField(max_length=16, choices=[(each.value, each.value) for each in Category])
    priority = models.CharField(max_length=16, choices=[(each.value, each.value) for each in Priority])
    summary = models.CharField(max_length=LONGEST_SUMMARY)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="tickets_category_is_known", condition=Q(category__in=[each.value for each in Category])
            ),
            CheckConstraint(
                name="tickets_priority_is_known", condition=Q(priority__in=[each.value for each in Priority])
            ),
            CheckConstraint(name="tickets_summary_is_not_empty", condition=~Q(summary="")),
        ]

    def __str__(self) -> str:
        return self.trace_id
