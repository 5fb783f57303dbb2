"""
Who a person at the issuer is here, and what the mapping of their groups gives them.

What the mapping names, it governs: at each sign-in a user has exactly those of its roles and accounts that their groups
give, even if somebody gave them others by hand. Other roles and accounts stay as they are. Nobody becomes a superuser.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, User
from django.db import transaction

from access.attempts import Claims, SignInRefused
from access.models import Identity, Membership

# OpenID Connect allows 255 characters of ASCII.
SUBJECT = re.compile(r"[ -~]{1,255}")
USERNAME = re.compile(r"[\w.@+-]{1,150}")


class NotAdmitted(Exception):
    """The issuer knows the person, but here they have no role and no account, or were deactivated."""


class SingleSignOnBackend(ModelBackend):
    """The backend of sessions that began at the issuer. It takes no password."""

    def authenticate(self, *_args: object, **_credentials: object) -> None:
        return None


def user_of(claims: Claims) -> User:
    """
    Return the user with this identity, new if need be, and give and take what the mapping says.

    :raises SignInRefused: a claim has no usable shape
    :raises NotAdmitted:
    """
    subject, groups = claims["sub"], _groups(claims)
    if not SUBJECT.fullmatch(subject):
        raise SignInRefused
    roles, accounts = _mapped(settings.OIDC_ROLES, groups), _mapped(settings.OIDC_ACCOUNTS, groups)
    with transaction.atomic():
        known = Identity.objects.filter(issuer=settings.OIDC_ISSUER, subject=subject).select_related("user").first()
        if not known and not roles | accounts:
            raise NotAdmitted
        user = known.user if known else _new_user(subject, claims.get(settings.OIDC_USERNAME_CLAIM))
        if user.is_active:
            _apply_roles(user, roles)
            _apply_accounts(user, accounts)
    if not user.is_active or not (user.is_staff or user.membership_set.exists()):
        raise NotAdmitted
    return user


def _groups(claims: Claims) -> set[str]:
    """Read a list of groups, or one. Entra ID leaves out a list that is too long, which must not take rights away."""
    groups = claims.get(settings.OIDC_GROUPS_CLAIM, [])
    groups = [groups] if isinstance(groups, str) else groups
    elsewhere = claims.get("_claim_names", {})
    if not (isinstance(groups, list) and isinstance(elsewhere, dict)) or settings.OIDC_GROUPS_CLAIM in elsewhere:
        raise SignInRefused
    return {group for group in groups if isinstance(group, str)}


def _mapped(mapping: Mapping[str, tuple[str, ...]], groups: set[str]) -> set[str]:
    return {name for group in groups for name in mapping.get(group, ())}


def _governed(mapping: Mapping[str, tuple[str, ...]]) -> set[str]:
    return _mapped(mapping, set(mapping))


def _new_user(subject: str, name: Any) -> User:  # noqa: ANN401 - whatever the claim holds
    """Make a user without a password. A name that is taken or unusable gets, or is, a part of the identity's hash."""
    mark = sha256(f"{settings.OIDC_ISSUER} {subject}".encode()).hexdigest()[:12]
    if not isinstance(name, str) or not USERNAME.fullmatch(name):
        name = f"user-{mark}"
    elif User.objects.filter(username__iexact=name).exists():
        name = f"{name[:130]}-{mark}"
    user: User = User.objects.create_user(name)
    Identity.objects.create(user=user, issuer=settings.OIDC_ISSUER, subject=subject)
    return user


def _apply_roles(user: User, roles: set[str]) -> None:
    held = set(user.groups.values_list("name", flat=True))
    wanted = held - _governed(settings.OIDC_ROLES) | roles
    user.groups.set(Group.objects.filter(name__in=wanted))
    # Staff by hand without a role stays staff, as long as no mapped role was lost.
    is_staff = user.is_superuser or bool(roles) or (user.is_staff and bool(wanted or not held))
    if is_staff != user.is_staff:
        user.is_staff = is_staff
        user.save(update_fields=["is_staff"])


def _apply_accounts(user: User, accounts: set[str]) -> None:
    held = user.membership_set.filter(account_id__in=_governed(settings.OIDC_ACCOUNTS) | accounts)
    for membership in held.exclude(account_id__in=accounts):
        membership.delete()
    for account_id in sorted(accounts - set(held.values_list("account_id", flat=True))):
        Membership.objects.create(user=user, account_id=account_id)
