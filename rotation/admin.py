"""The admin page where clerks keep the trusted records."""

from datetime import date

from django.contrib import admin

from access.lists import BoundedAdmin
from rotation.models import Credential


@admin.register(Credential)
class CredentialAdmin(BoundedAdmin):
    list_display = ("account_id", "item", "kind", "state", "issue_day", "source", "observed_at")
    list_filter = ("kind", "state")
    search_fields = ("account_id__startswith", "item__icontains")
    search_help_text = "An account id from its start, or part of an item's label."

    @admin.display(description="issued on", ordering="issued_on", empty_value="unknown")
    def issue_day(self, credential: Credential) -> date | None:
        return credential.issued_on if credential.issued_on_known else None
