"""The tickets that customers got. A summary is in this one column and nowhere else."""

from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Exists, OuterRef, Q

from tickets.contract import LONGEST_SUMMARY, Category, Priority
from traces.codes import Source
from traces.models import TraceRecord


class TicketQuerySet(models.QuerySet["Ticket"]):
    def of_customers(self) -> Self:
        """Leave out the tickets of evals, and those whose trace is gone, which may be of an eval."""
        traces = TraceRecord.objects.filter(pk=OuterRef("pk")).exclude(source=Source.EVAL)
        return self.filter(Exists(traces))


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

    objects = TicketQuerySet.as_manager()

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
