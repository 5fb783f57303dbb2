"""Admin pages for users, groups, memberships, API tokens and the audit, used by superusers."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from access.audit import AuditLine
from access.lists import BoundedAdmin
from access.models import ACCOUNT_SHAPE, ApiToken, Membership
from access.read_only import ReadOnlyAdmin

# Django has registered its own pages for these two.
admin.site.unregister([Group, User])


@admin.register(Group)
class GroupAdmin(BoundedAdmin, auth_admin.GroupAdmin):
    """Django's own page, with a bounded list."""


@admin.register(User)
class UserAdmin(BoundedAdmin, auth_admin.UserAdmin):
    """Django's own page, with a bounded list."""


class MembershipForm(forms.ModelForm):
    user = forms.ModelChoiceField(
        get_user_model().objects.all(),
        to_field_name="username",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        label="User name",
        error_messages={"invalid_choice": "There is no user of that name."},
    )

    class Meta:
        model = Membership
        fields = ("user", "account_id")


@admin.register(Membership)
class MembershipAdmin(BoundedAdmin):
    form = MembershipForm
    list_display = ("user", "account_id")
    list_select_related = ("user",)
    search_fields = ("user__username__istartswith", "account_id__startswith")
    search_help_text = "A user name or an account id, from its start."

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Allow adding and deleting only: the history then shows every change of who may ask about what."""
        return False


class TokenForm(forms.ModelForm):
    accounts = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 20}),
        help_text=(
            "The accounts it may ask about: ids such as acct_10234, separated by blanks or line ends."
            " A program that asks about no account needs none."
        ),
    )

    class Meta:
        model = ApiToken
        fields = ("name", "expires_on")
        # The browser's own date picker replaces the admin's.
        widgets = {"expires_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}

    def clean_accounts(self) -> list[str]:
        accounts = sorted(set(re.findall(r"[^\s,]+", self.cleaned_data["accounts"])))
        for account in accounts:
            ACCOUNT_SHAPE(account)
        return accounts


@admin.register(ApiToken)
class ApiTokenAdmin(BoundedAdmin):
    form = TokenForm
    list_display = ("name", "begins_with", "may_ask_about", "state", "expires_on", "last_used")
    list_per_page = 50
    search_fields = ("name__icontains", "prefix__startswith", "accounts__account_id__startswith")
    search_help_text = "Part of a name, the beginning of a token, or an account id from its start."
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("name", "accounts", "expires_on")
        marks = ("name", "begins_with", "may_ask_about", "state")
        return (*marks, "created_by", "created_at", "expires_on", "revoked_at", "last_used")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return super().get_queryset(request).prefetch_related("accounts")

    def save_model(self, request: HttpRequest, obj: ApiToken, form: TokenForm, change: bool) -> None:  # noqa: FBT001
        obj.created_by_id = request.user.pk
        obj.issue(form.cleaned_data["accounts"])

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """Show the token in this response. It is not stored, so a page after a redirect could not show it."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "The new token", "token": obj}
        return TemplateResponse(request, "admin/access/apitoken/made.html", context)

    @admin.action(description="Revoke the chosen tokens for good", permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        revoked = [token for token in tokens if token.revoke(at=timezone.now())]
        for token in revoked:
            self.log_change(request, token, "Revoked.")
        self.message_user(request, f"Tokens revoked: {len(revoked)}.", messages.SUCCESS)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("access.change_apitoken")

    @admin.display(description="Begins with")
    def begins_with(self, token: ApiToken) -> str:
        return f"{token.prefix}…"

    @admin.display(description="May ask about")
    def may_ask_about(self, token: ApiToken) -> str:
        return ", ".join(grant.account_id for grant in token.accounts.all())

    @admin.display(description="State")
    def state(self, token: ApiToken) -> str:
        return token.state(on=timezone.now().date())

    @admin.display(description="Last trace (UTC)")
    def last_used(self, token: ApiToken) -> str:
        at = token.last_used_at
        return f"{at:%Y-%m-%d %H:%M:%S}" if at else "-"

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


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
    list_display_links = None
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
