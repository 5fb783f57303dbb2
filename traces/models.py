"""The ledger: one row per request. A row changes once, from `running` to `completed` or `failed`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.db.models.functions import Cast
from django.db.models.lookups import StartsWith

from traces.codes import NOT_A_MEMBER, ErrorCode, Source, Status
from traces.entries import LARGEST_COUNT, Admit, Ending, Failed, Opening, Submission
from traces.feedback import Feedback  # noqa: F401 - Django looks for models here
from traces.fingerprints import LENGTH, FingerprintKey, fingerprints
from traces.identifiers import new_trace_id
from traces.indexes import INDEXES
from traces.review_requests import ReviewRequest  # noqa: F401 - Django looks for models here
from traces.reviews import Review  # noqa: F401 - Django looks for models here
from traces.statements import RowExists, insert, update_if

INVALID = ErrorCode.INVALID_DECISION
SUBMISSION = ("submitter", "submission_key")
# A JSON column also accepts null, {} and "", and none of them equals [].
IS_A_LIST = StartsWith(Cast("policy_line_ids", models.TextField()), "[")


class TraceAlreadyClosed(Exception):
    """The row was closed before. Nothing was changed."""


class AlreadySubmitted(Exception):
    """This submitter has used this submission key before."""

    def __init__(self, earlier: "TraceRecord") -> None:
        super().__init__()
        self.earlier = earlier


class TraceQuerySet(models.QuerySet["TraceRecord"]):
    def open(self, opening: Opening, *, at: datetime, admit: Admit | None = None) -> "TraceRecord":
        """
        Commit a running row, before any model is asked. An exception of `admit` in the transaction undoes the row.

        :raises AlreadySubmitted: carries the row that has this submission key
        """
        marks = {"trace_id": new_trace_id(), "status": Status.RUNNING, "started_at": at, "policy_line_ids": []}
        row = marks | opening.model_dump(mode="json", exclude_none=True)
        try:
            insert(TraceRecord, row, unique=SUBMISSION, using=self.db, admit=partial(admit, at) if admit else None)
        except RowExists:
            earlier = self.find_submission(opening, at=at)
            if earlier is None:
                raise
            raise AlreadySubmitted(earlier) from None
        return TraceRecord(**row)

    def read(self, trace_id: str, *, at: datetime) -> "TraceRecord":
        """:raises TraceRecord.DoesNotExist:"""
        trace = self.get(trace_id=trace_id)
        if trace.is_overdue(at):
            self.filter(pk=trace.pk).close_interrupted(at=at)
            trace.refresh_from_db()
        return trace

    def overdue(self, at: datetime) -> Self:
        return self.filter(status=Status.RUNNING, started_at__lt=at - longest_run())

    def close_interrupted(self, *, at: datetime) -> int:
        """Close the rows that run past deadline and grace as `failed/interrupted`. Return their number."""
        return self.overdue(at).update(**_ending_columns(Failed(error_code=ErrorCode.INTERRUPTED)), finished_at=at)

    def with_report(self, text: str, keys: tuple[FingerprintKey, ...]) -> Self:
        """Find the rows of one report by its fingerprint under any of the configured keys."""
        matches = Q(pk__in=[])
        for key_id, value in fingerprints(text, keys).items():
            matches |= Q(fingerprint_key_id=key_id, input_fingerprint=value)
        return self.filter(matches)

    def find_submission(self, submission: Submission, *, at: datetime) -> "TraceRecord | None":
        """Find the row with this submitter and submission key."""
        if submission.submission_key is None:
            return None
        found = self.filter(submitter=submission.submitter, submission_key=submission.submission_key).first()
        return found and self.read(found.pk, at=at)


def longest_run() -> timedelta:
    """Return how long a row may run before it is closed as interrupted: the deadline and its grace."""
    return timedelta(seconds=settings.DECISION_DEADLINE_SECONDS + settings.INTERRUPTED_GRACE_SECONDS)


def _ending_columns(ending: Ending) -> dict[str, Any]:
    """Return the columns that an ending sets. Unknown values are left out, so those columns keep theirs."""
    columns = ending.model_dump(mode="json", exclude_none=True)
    usage = columns.pop("usage")
    return {**columns, **usage}


class TraceRecord(models.Model):
    """
    One request: its submitter, the trusted facts by which it was judged, and its ending. No column holds anyone's text.

    The workflow defines the shapes of `facts` and `answer` and validates them when they are written and read. Rows of
    0.2.0 have neither: their facts are in the old columns.
    """

    # No column: this row answers a repeated submission.
    is_repeated = False

    trace_id = models.CharField(primary_key=True, max_length=32)
    workflow = models.CharField(max_length=40)
    source = models.CharField(max_length=8, choices=Source)
    submitter = models.CharField(max_length=40)
    submission_key = models.CharField(max_length=64, null=True)
    submission_digest = models.CharField(max_length=LENGTH)
    account_id = models.CharField(max_length=16, null=True)
    credential_label = models.CharField(max_length=80, null=True)
    status = models.CharField(max_length=12, choices=Status)
    input_fingerprint = models.CharField(max_length=LENGTH)
    fingerprint_key_id = models.CharField(max_length=32)
    prompt_version = models.CharField(max_length=48)
    policy_version = models.CharField(max_length=48)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=200, null=True)
    release = models.CharField(max_length=64)
    credential_age_days = models.IntegerField(null=True)
    credential_kind = models.CharField(max_length=40, null=True)
    credential_state = models.CharField(max_length=40, null=True)
    decision = models.CharField(max_length=40, null=True)
    policy_line_ids = models.JSONField(default=list)
    error_code = models.CharField(max_length=40, choices=ErrorCode, null=True)
    error_reason = models.CharField(max_length=40, null=True)
    retry_of = models.CharField(max_length=32, null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    provider_ms = models.PositiveIntegerField(null=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    provider_status = models.PositiveSmallIntegerField(null=True)
    provider_code = models.CharField(max_length=40, null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    facts = models.JSONField(null=True)
    answer = models.JSONField(null=True)

    objects: ClassVar[models.Manager["TraceRecord"]] = TraceQuerySet.as_manager()

    class Meta:
        verbose_name = "trace"
        indexes = INDEXES
        constraints = [
            UniqueConstraint(fields=SUBMISSION, name="traces_one_row_per_submission"),
            CheckConstraint(name="traces_source_is_known", condition=Q(source__in=Source.values)),
            CheckConstraint(
                name="traces_row_has_the_shape_of_its_status",
                condition=(
                    Q(status=Status.RUNNING, finished_at__isnull=True, decision__isnull=True, policy_line_ids=[])
                    & Q(error_code__isnull=True, latency_ms__isnull=True)
                )
                | (
                    Q(status=Status.COMPLETED, finished_at__isnull=False, decision__isnull=False)
                    & Q(error_code__isnull=True)
                    & Q(IS_A_LIST)
                )
                | Q(
                    status=Status.FAILED,
                    finished_at__isnull=False,
                    decision__isnull=True,
                    policy_line_ids=[],
                    error_code__isnull=False,
                    error_code__in=ErrorCode.values,
                ),
            ),
            CheckConstraint(
                name="traces_reason_goes_with_invalid_decision",
                condition=Q(error_reason__isnull=True) & (Q(error_code__isnull=True) | ~Q(error_code=INVALID))
                | Q(error_reason__isnull=False, error_code__isnull=False)
                & (Q(error_code=INVALID) | Q(error_code=ErrorCode.ACCOUNT_UNKNOWN, error_reason=NOT_A_MEMBER)),
            ),
        ]

    def __str__(self) -> str:
        return self.trace_id

    def close(self, ending: Ending, *, at: datetime, then: Callable[[], None] | None = None) -> None:
        """
        Write the one ending of this row. `then` may write more in the same transaction.

        :raises TraceAlreadyClosed: the row is not running any more. Neither it nor this object was changed.
        """
        changes = _ending_columns(ending) | {
            "finished_at": at,
            "latency_ms": min(max(0, round((at - self.started_at) / timedelta(milliseconds=1))), LARGEST_COUNT),
        }
        if not update_if(self, {"status": Status.RUNNING}, changes, using=TraceRecord.objects.db, then=then):
            raise TraceAlreadyClosed
        for column, value in changes.items():
            setattr(self, column, value)

    def is_overdue(self, at: datetime) -> bool:
        return self.status == Status.RUNNING and self.started_at < at - longest_run()
