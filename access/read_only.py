"""An admin that shows rows and changes none."""

from django.http import HttpRequest

from access.lists import BoundedAdmin


class ReadOnlyAdmin(BoundedAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
