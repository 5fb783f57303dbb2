"""
Admin pages for users, groups, memberships, API tokens and the audit, used by superusers.

A people administrator uses those for users and memberships, too, within the bounds of access.people.
"""

import re
from collections.abc import Callable
from threading import Thread
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import ManyToManyField, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from access.audit import AuditLine
from access.invitations import can_be_invited, invite
from access.lists import BoundedAdmin
from access.models import ACCOUNT_SHAPE, Account, ApiToken, Identity, Membership
from access.people import adjust_staff, giver_in, may_manage, roles_to_give
from access.read_only import ReadOnlyAdmin
from access.second_factor import remove_second_factor

# How many accounts the page of a user shows.
SHOWN = 100

# Django has registered its own pages for the first two. Those of django-otp would show the keys of second factors.
admin.site.unregister([Group, User, StaticDevice, TOTPDevice])


@admin.register(Group)
class GroupAdmin(BoundedAdmin, auth_admin.GroupAdmin):
    """Django's own page, with a bounded list."""


@admin.register(User)
class UserAdmin(BoundedAdmin, auth_admin.UserAdmin):
    """Django's own page. Whoever is no superuser sees fewer fields, and changes nobody with rights that they lack."""

    names = ("username", "first_name", "last_name", "email")
    add_fieldsets = ((None, {"fields": (*names, "usable_password", "password1", "password2")}),)
    fieldsets = (*(auth_admin.UserAdmin.fieldsets or ()), ("Accounts", {"fields": ("accounts",)}))
    limited_fieldsets = ((None, {"fields": (*names, "is_active", "groups", "accounts")}),)
    readonly_fields = ("accounts", "last_login", "date_joined")
    # Django's pair of lists has fields without labels.
    filter_horizontal = ()
    actions = ("invite", "remove_second_factors")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_manage(giver_in(request), obj))

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:  # noqa: ANN401 - as Django's
        if obj is None or request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        return self.limited_fieldsets

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **options: Any
    ) -> forms.ModelMultipleChoiceField | None:
        if db_field.name == "groups":
            options["queryset"] = roles_to_give(giver_in(request))
        return super().formfield_for_manytomany(db_field, request, **options)

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool) -> None:  # noqa: ANN401, FBT001
        super().save_related(request, form, formsets, change)
        if "groups" in form.changed_data and not request.user.is_superuser:
            adjust_staff(form.instance)

    def user_change_password(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Let superusers alone set a password that they know. Others invite, and the user chooses it."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, *args, **options)

    @admin.action(description="Mail an invitation to set a password", permissions=["change"])
    def invite(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Send in a thread, as a reset does. A mail that cannot be sent is logged."""
        if not settings.MAILS_PASSWORD_RESETS:
            self.message_user(request, "No mail server is configured.", messages.ERROR)
            return
        invited = [user for user in users if can_be_invited(user) and may_manage(giver_in(request), user)]
        for user in invited:
            self.log_change(request, user, "Invited.")
        Thread(target=invite, args=(invited,), name="mail").start()
        sentence = f"Invitations on their way: {len(invited)}. They go to active users with an address and no password."
        self.message_user(request, sentence, messages.SUCCESS)

    @admin.action(description="Remove the second factor of the chosen users", permissions=["superuser"])
    def remove_second_factors(self, request: HttpRequest, users: QuerySet[User]) -> None:
        removed = sum(map(remove_second_factor, users))
        self.message_user(request, f"Second factors removed: {removed}.", messages.SUCCESS)

    def has_superuser_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    @admin.display(description="Accounts")
    def accounts(self, user: User) -> str:
        accounts = [*Membership.objects.filter(user=user).values_list("account_id", flat=True)[: SHOWN + 1]]
        return ", ".join([*accounts[:SHOWN], "…"] if len(accounts) > SHOWN else accounts) or "-"


class AccountsField(forms.CharField):
    """Account ids, separated by blanks, commas or line ends."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 20})

    def clean(self, value: str | None) -> list[str]:
        accounts = sorted(set(re.findall(r"[^\s,;]+", super().clean(value))))
        for account in accounts:
            ACCOUNT_SHAPE(account)
        return accounts


@admin.register(Account)
class AccountAdmin(BoundedAdmin):
    list_display = ("account_id", "name")
    search_fields = ("account_id__startswith", "name__icontains")
    search_help_text = "An account id from its start, or part of a name."


@admin.register(Identity)
class IdentityAdmin(BoundedAdmin):
    """Lets a superuser connect a user with a person at the issuer, who then signs in as that user."""

    list_display = ("user", "issuer", "subject")
    list_select_related = ("user",)
    raw_id_fields = ("user",)
    search_fields = ("user__username__istartswith", "subject__startswith")
    search_help_text = "A user name or a subject, from its start."


class MembershipForm(forms.ModelForm):
    user = forms.ModelChoiceField(
        get_user_model().objects.all(),
        to_field_name="username",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        label="User name",
        error_messages={"invalid_choice": "There is no user of that name."},
    )
    accounts = AccountsField(
        max_length=11_000,
        help_text="Up to 1,000 ids such as acct_10234, separated by blanks, commas or line ends.",
    )
    giver: User

    class Meta:
        model = Membership
        fields = ("user",)

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        if not may_manage(self.giver, user):
            raise ValidationError("You may give this user no accounts.")
        return user

    def clean(self) -> None:
        if user := self.cleaned_data.get("user"):
            held = {*Membership.objects.filter(user=user).values_list("account_id", flat=True)}
            new = [account for account in self.cleaned_data.get("accounts", ()) if account not in held]
            if "accounts" in self.cleaned_data and not new:
                raise ValidationError("This user has these accounts already.")
            self.cleaned_data["accounts"] = new


@admin.register(Membership)
class MembershipAdmin(BoundedAdmin):
    form = MembershipForm
    list_display = ("user", "account_id", "user__is_active")
    list_select_related = ("user",)
    search_fields = ("user__username__istartswith", "account_id__startswith")
    search_help_text = "A user name, or an account id to see who has it, from its start."

    def get_form(self, request: HttpRequest, *args: Any, **options: Any) -> type[forms.ModelForm]:
        form: Any = super().get_form(request, *args, **options)
        form.giver = giver_in(request)
        return cast("type[forms.ModelForm]", form)

    def save_model(self, request: HttpRequest, obj: Membership, form: MembershipForm, change: bool) -> None:  # noqa: FBT001
        *others, obj.account_id = form.cleaned_data["accounts"]
        for account in others:
            other = Membership.objects.create(user=obj.user, account_id=account)
            self.log_addition(request, other, [{"added": {}}])
        super().save_model(request, obj, form, change)
        self.message_user(request, f"{obj.user} was given {len(others) + 1} accounts.", messages.SUCCESS)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Allow adding and deleting only: the history then shows every change of who may ask about what."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Let whoever may change memberships take them away. No role has a right to delete."""
        allowed = request.user.has_perm("access.change_membership")
        return allowed and (obj is None or may_manage(giver_in(request), obj.user))


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
