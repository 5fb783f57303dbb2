"""The admin pages where clerks keep the trusted records, import them, and link their owners."""

from datetime import date

from django import forms
from django.contrib import admin
from django.db import models
from django.urls import URLPattern, path

from access.lists import BoundedAdmin
from access.read_only import ReadOnlyAdmin
from rotation.imports.pages import import_page
from rotation.models import Credential, CredentialImport, CredentialOwner


@admin.register(Credential)
class CredentialAdmin(BoundedAdmin):
    list_display = ("account_id", "item", "kind", "state", "issue_day", "source", "observed_at")
    list_filter = ("kind", "state")
    readonly_fields = ("gone",)
    # One field with a label. The admin's own has two without.
    formfield_overrides = {
        models.DateTimeField: {
            "form_class": forms.DateTimeField,
            "label": "Observed at (UTC)",
            "widget": forms.DateTimeInput,
        }
    }
    search_fields = ("account_id__startswith", "item__icontains")
    search_help_text = "An account id from its start, or part of an item's label."

    @admin.display(description="issued on", ordering="issued_on", empty_value="unknown")
    def issue_day(self, credential: Credential) -> date | None:
        return credential.issued_on if credential.issued_on_known else None

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(import_page)
        return [path("import/", page, name="rotation_credential_import"), *super().get_urls()]


@admin.register(CredentialOwner)
class CredentialOwnerAdmin(BoundedAdmin):
    list_display = ("owner", "source", "account_id", "kind")
    list_filter = ("kind",)
    search_fields = ("owner__icontains", "source__startswith", "account_id__startswith")
    search_help_text = "Part of an owner's name, or a source or an account id from its start."


@admin.register(CredentialImport)
class CredentialImportAdmin(ReadOnlyAdmin):
    list_display = ("imported_at", "format", "imported_by", "added", "changed", "disabled", "unchanged", "refused")
    show_full_result_count = False
