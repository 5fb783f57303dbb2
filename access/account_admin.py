"""The admin pages of accounts and memberships, within the bounds of access.people."""

import re
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from access.lists import BoundedAdmin
from access.models import ACCOUNT_SHAPE, Account, Membership
from access.people import giver_in, may_manage


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
    search_help_text = "The beginning of a user name or of an account id. An account id lists the users who have it."

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
        self.message_user(request, f"Accounts given to {obj.user}: {len(others) + 1}.", messages.SUCCESS)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Allow adding and deleting only: the history then shows every change of who may ask about what."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Allow it with the right to change memberships, because no role has a right to delete."""
        allowed = request.user.has_perm("access.change_membership")
        return allowed and (obj is None or may_manage(giver_in(request), obj.user))
