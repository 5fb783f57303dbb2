"""One row per request, as a tutorial would have it."""

from typing import ClassVar
from uuid import uuid4

from django.db import models


def new_id() -> str:
    return f"trace_{uuid4().hex[:26]}"


class Trace(models.Model):
    objects: ClassVar[models.Manager["Trace"]] = models.Manager()

    trace_id = models.CharField(primary_key=True, max_length=32, default=new_id)
    account_id = models.CharField(max_length=16, db_index=True)
    status = models.CharField(max_length=12, default="running", db_index=True)
    model = models.CharField(max_length=100)
    decision = models.CharField(max_length=40, null=True)
    source_line_ids = models.JSONField(default=list)
    error_code = models.CharField(max_length=40, null=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "django_textbook"

    def __str__(self) -> str:
        return self.trace_id
