"""The admin's list of audit lines."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from access.audit import AuditLine
from access.read_only import ReadOnlyAdmin

NAMED = ("user", "group", "permission", "token", "by")


def _name_of(column: str) -> Callable[[AuditLine], str]:
    @admin.display(description=column)
    def name(line: AuditLine) -> str:
        key = getattr(line, f"{column}_id")
        return str(getattr(line, column) or f"{key} (deleted)") if key else "-"

    return name


@admin.register(AuditLine)
class AuditLineAdmin(ReadOnlyAdmin):
    list_display = ("at", "event", "right", *map(_name_of, NAMED), "way")
    list_filter = ("event", "way")
    list_select_related = (*NAMED, "permission__content_type")
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("user",)
    search_help_text = "The exact name of a user, or an id, which is all that is left of a deleted user."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find what concerned a user, and what they did."""
        users = [*User.objects.filter(username=search_term).values_list("pk", flat=True)]
        users += [int(search_term)] if search_term.isdecimal() else []
        return (queryset.filter(Q(user__in=users) | Q(by__in=users)) if search_term else queryset), False
