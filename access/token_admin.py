"""The admin pages of API tokens: made, shown once, revoked, never deleted."""

from datetime import datetime

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from access.account_admin import AccountsField
from access.lists import BoundedAdmin
from access.models import ApiToken


class TokenForm(forms.ModelForm):
    accounts = AccountsField(
        required=False,
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

    @admin.display(description="Last trace")
    def last_used(self, token: ApiToken) -> datetime | None:
        return token.last_used_at

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
