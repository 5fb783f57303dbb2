"""
The admin pages of users, groups and identities, for superusers.

A people administrator sees the page of users, too, within the bounds of access.people.
"""

from threading import Thread
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest, HttpResponse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from access.invitations import can_be_invited, invite
from access.lists import BoundedAdmin
from access.models import Identity, Membership
from access.people import adjust_staff, giver_in, may_manage, roles_to_give
from access.second_factor import remove_second_factor

# How many accounts the page of a user shows.
SHOWN = 100

# Django has registered its own pages for the first two. Those of django-otp would show the keys of second factors.
admin.site.unregister([Group, User, StaticDevice, TOTPDevice])


@admin.register(Group)
class GroupAdmin(BoundedAdmin, auth_admin.GroupAdmin):
    """Django's own page, with a bounded list, and one list of permissions: its pair of lists fails screen readers."""

    filter_horizontal = ()


@admin.register(User)
class UserAdmin(BoundedAdmin, auth_admin.UserAdmin):
    """
    Django's own page, for superusers.

    Others see fewer fields, and cannot change a user who has a right that they do not have.
    """

    names = ("username", "first_name", "last_name", "email")
    add_fieldsets = ((None, {"fields": (*names, "usable_password", "password1", "password2")}),)
    fieldsets = (*(auth_admin.UserAdmin.fieldsets or ()), ("Accounts", {"fields": ("accounts",)}))
    limited_fieldsets = ((None, {"fields": (*names, "is_active", "groups", "accounts")}),)
    readonly_fields = ("accounts", "last_login", "date_joined")
    # As above.
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


@admin.register(Identity)
class IdentityAdmin(BoundedAdmin):
    """Lets a superuser connect a user with a person at the issuer, who then signs in as that user."""

    list_display = ("user", "issuer", "subject")
    list_select_related = ("user",)
    raw_id_fields = ("user",)
    search_fields = ("user__username__istartswith", "subject__startswith")
    search_help_text = "A user name or a subject, from its start."
