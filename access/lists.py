"""Lists in the admin. A query may ask only for what the list's own filters offer, within bounds."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import ValidationError
from django.http import HttpRequest

# Every link of ours and a pasted sentence fit. It bounds each value, and how often a parameter is repeated.
LONGEST_QUERY = 1000


class BoundedList(ChangeList):
    def get_filters(
        self, request: HttpRequest
    ) -> tuple[list[admin.ListFilter], bool, dict[str, bool | str], bool, bool]:
        """
        Refuse each parameter that no filter takes.

        Django would hand it to the database: any column, relation or lookup. A regular expression can run for minutes.
        No list has a date hierarchy, whose parameters would have to be let through here.
        """
        if any("\0" in value for values in self.get_filters_params().values() for value in values):
            # PostgreSQL accepts no NUL in a text.
            raise DisallowedModelAdminLookup("A value holds a NUL.")
        filters = super().get_filters(request)
        if filters[2]:
            raise DisallowedModelAdminLookup("No filter of this list takes this parameter.")
        return filters


class BoundedAdmin(admin.ModelAdmin):
    """The base of every admin of ours. A bad query is refused or leads to the whole list, as Django's own do."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedList

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """
        :raises IncorrectLookupParameters: a long query, a day outside the calendar, a chosen id that is none
        :raises DisallowedModelAdminLookup: the same in an address that such a redirect could have made
        """
        try:
            self._check_bounds(request)
            return super().get_changelist_instance(request)
        except (IncorrectLookupParameters, ValidationError, OverflowError) as fault:
            if ERROR_FLAG in request.GET:
                # Django's page would blame the database.
                raise DisallowedModelAdminLookup("A bad value, not redirected again.") from fault
            raise IncorrectLookupParameters from fault

    def _check_bounds(self, request: HttpRequest) -> None:
        if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
            raise IncorrectLookupParameters
        for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
            self.opts.pk.clean(chosen, None)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Allow columns only. Django fails at the name of a relation of another table to this one."""
        return to_field in {column.name for column in self.opts.fields} and super().to_field_allowed(request, to_field)
