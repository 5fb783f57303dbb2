"""The filters that are about reviews: the queue in the list of traces, and two in the list of reviews."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from decisions.registry import workflows
from operators.review_queue import waiting
from traces.models import TraceRecord


class WaitingFilter(admin.SimpleListFilter):
    """The queue: the traces that wait for a review."""

    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("waiting", "Not reviewed yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TraceRecord]) -> QuerySet[TraceRecord]:
        return waiting(queryset) if self.value() == "waiting" else queryset


class SlugFilter(admin.SimpleListFilter):
    """A column of slugs: it offers what the registered workflows have words for, and so reads no row."""

    words: "attrgetter[Mapping[str, str]]"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        choices: dict[str, str] = {}
        for workflow in workflows():
            for slug, sentence in self.words(workflow.review).items() if workflow.review else ():
                # Where two workflows mean different things by a slug, the slug itself is offered.
                choices[slug] = sentence if choices.get(slug, sentence) == sentence else slug
        return list(choices.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        offered = {slug for slug, _ in self.lookup_choices}
        return (
            queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() in offered else queryset.none()
        )


class OutcomeFilter(SlugFilter):
    title = "outcome"
    parameter_name = "outcome__exact"
    words = attrgetter("outcomes")


class ReasonFilter(SlugFilter):
    title = "reason"
    parameter_name = "reason__exact"
    words = attrgetter("reasons")
