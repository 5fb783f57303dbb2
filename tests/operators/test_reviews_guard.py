"""The database refuses changed and malformed reviews, and deletes reviews with their trace."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError

from decisions.guards import are_installed
from tests.operators.reviewing import needs_review, review
from traces.guard import REVIEWS
from traces.models import TraceRecord
from traces.reviews import Review

pytestmark = pytest.mark.django_db


def by_raw_sql(review: Review) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE traces_review SET number = number WHERE id = %s", [review.pk])


def by_queryset(review: Review) -> None:
    Review.objects.filter(pk=review.pk).update(note="other")


def by_save(review: Review) -> None:
    review.outcome = "rotation_supported"
    review.save()


def test_the_database_refuses_any_change_of_a_review(trace: TraceRecord, ada: User, subtests: pytest.Subtests) -> None:
    review(trace, by=ada)
    before = list(Review.objects.values())

    for write in (by_raw_sql, by_queryset, by_save):
        with subtests.test(write.__name__):
            with pytest.raises(IntegrityError, match=REVIEWS.refusal), transaction.atomic():
                write(Review.objects.get())
            assert list(Review.objects.values()) == before


def test_the_database_refuses_a_review_out_of_shape(trace: TraceRecord, ada: User, subtests: pytest.Subtests) -> None:
    review(trace, by=ada)
    right = Review.objects.values().get() | {"id": None, "number": 2}
    wrong: dict[str, dict[str, object]] = {
        "traces_review_counts_from_one": {"number": 0},
        "traces_review_has_an_outcome_and_a_reason": {"outcome": ""},
        "an_outcome_and_a_reason": {"reason": ""},
        "traces_reviews_are_numbered|UNIQUE": {"number": 1},
        "reviewer_id": {"reviewer_id": None},
    }

    for constraint, change in wrong.items():
        with subtests.test(constraint), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Review.objects.bulk_create([Review(**right | change)])


def test_reviews_are_deleted_with_their_trace_only_and_keep_their_reviewer(trace: TraceRecord, ada: User) -> None:
    other = needs_review()
    for each in (trace, other):
        review(each, by=ada)

    TraceRecord.objects.filter(pk=trace.pk).delete()
    with pytest.raises(ProtectedError):
        ada.delete()

    assert [each.trace_id for each in Review.objects.all()] == [other.pk]


def test_a_missing_guard_of_reviews_is_detected_and_restored_by_migrate(trace: TraceRecord, ada: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {REVIEWS.trigger}" + f" ON {REVIEWS.table}" * (connection.vendor == "postgresql"))
    missing = not are_installed("default")

    call_command("migrate", verbosity=0)

    assert missing
    assert are_installed("default")


@pytest.mark.django_db(transaction=True)
def test_reviews_and_their_guard_survive_a_rebuild_of_both_tables(trace: TraceRecord, ada: User) -> None:
    """SQLite copies a table into a new one when a column changes, and drops its triggers."""
    stays = review(trace, by=ada)

    for model, column in ((TraceRecord, "provider"), (Review, "note")):
        widen(model, column)
    call_command("migrate", verbosity=0)

    with pytest.raises(IntegrityError, match=REVIEWS.refusal), transaction.atomic():
        by_raw_sql(stays)
    trace.delete()
    assert not Review.objects.exists()


def widen(model: type[models.Model], column: str) -> None:
    """Widen a column and narrow it again."""
    now = model._meta.get_field(column)
    assert isinstance(now, models.CharField)
    wider = models.CharField(max_length=(now.max_length or 0) + 1)
    wider.set_attributes_from_name(column)
    wider.model = model
    with connection.schema_editor() as editor:
        editor.alter_field(model, now, wider)
        editor.alter_field(model, wider, now)
