"""
The audit: a line for each sign-in, sign-out and change of rights. It is kept as long as traces are.

Django's signals report them, so that the admin, the site, commands and shells are covered. Only SQL and a queryset's
`update` are not.
"""

import logging
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import partial
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import Signal, receiver
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

logger = logging.getLogger("audit")
current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)

# Ids without a foreign key in the database: a line outlives what it refers to, and 0.2.0 can delete users.
LOOSE: dict[str, Any] = {"on_delete": models.DO_NOTHING, "db_constraint": False, "null": True, "related_name": "+"}
NEW_USER = {"is_active": True, "is_staff": False, "is_superuser": False}
WATCHED = (*NEW_USER, "password")


class Event(models.TextChoices):
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    USER_CREATED = "user_created"
    USER_DELETED = "user_deleted"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    RIGHT_GIVEN = "right_given"
    RIGHT_TAKEN = "right_taken"
    TOKEN_MADE = "token_made"  # noqa: S105
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"


class Way(models.TextChoices):
    ADMIN = "admin"
    SITE = "site"
    COMMAND = "command"
    OIDC = "oidc"


# By how a request's path begins.
WAYS = {"/admin/": Way.ADMIN, "/sign-in/oidc/": Way.OIDC, "/": Way.SITE}


class AuditLine(models.Model):
    """Whom an event concerned, and who caused it. It holds no text: names are looked up when it is shown."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    event = models.CharField(max_length=16, choices=Event.choices)
    way = models.CharField(max_length=7, choices=Way.choices)
    # None for a command, for somebody who sets a password by the link of a mail, and for the mapping of single sign-on.
    by = models.ForeignKey(User, **LOOSE)
    user = models.ForeignKey(User, **LOOSE)
    group = models.ForeignKey(Group, db_index=False, **LOOSE)
    permission = models.ForeignKey("auth.Permission", db_index=False, **LOOSE)
    token = models.ForeignKey("access.ApiToken", db_index=False, **LOOSE)
    # A right without a row of its own: `is_active`, `is_staff`, `is_superuser`, or a membership's account.
    right = models.CharField(max_length=12, blank=True)

    class Meta:
        # A line is read-only, so there is only the right to view it.
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.event}, {self.at:%Y-%m-%d %H:%M:%S} UTC"


def remember_request(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Keep the request for `record` while it is handled."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        token = current_request.set(request)
        try:
            return get_response(request)
        finally:
            current_request.reset(token)

    return middleware


def record(event: Event, **about: Any) -> None:
    """Store a line, and log it once it is committed. `about` holds columns, such as `user_id`."""
    record_all(event, [about])


def record_all(event: Event, entries: Iterable[dict[str, Any]]) -> None:
    """Store a line for each entry. Where many rows are stored at once, Django sends no signals."""
    request = current_request.get()
    path = request.path if request else ""
    way = next((way for start, way in WAYS.items() if path.startswith(start)), Way.COMMAND)
    about_all = [{"by_id": request and request.user.pk, "way": way.value, **about} for about in entries]
    with transaction.atomic():
        AuditLine.objects.bulk_create((AuditLine(event=event, **about) for about in about_all), batch_size=1000)
        transaction.on_commit(partial(_log, event, about_all))


def _log(event: Event, about_all: Iterable[dict[str, Any]]) -> None:
    for about in about_all:
        logger.info("%s %s", event.value, " ".join(f"{name}={value}" for name, value in about.items()))


@receiver([user_logged_in, user_logged_out])
def record_session(signal: Signal, user: User | None, **_signal: Any) -> None:
    if user:
        record(Event.SIGNED_IN if signal is user_logged_in else Event.SIGNED_OUT, user_id=user.pk)


@receiver(pre_save, sender=User)
def read_stored_columns(instance: User, update_fields: frozenset[str] | None, **_signal: Any) -> None:
    """Keep on the instance what the database holds of the watched columns that are about to be saved."""
    watched = [name for name in WATCHED if update_fields is None or name in update_fields]
    # A sign-in may store a newer hash of the same password. Then the instance has no new password.
    is_rehash = watched == ["password"] and getattr(instance, "_password", None) is None
    stored = User.objects.filter(pk=instance.pk).values(*watched).first() if watched and not is_rehash else None
    vars(instance)["stored_columns"] = stored or {}


@receiver(post_save, sender=User)
def record_saved_user(*, instance: User, created: bool, **_signal: Any) -> None:
    if created:
        record(Event.USER_CREATED, user_id=instance.pk)
    for column, before in (NEW_USER if created else vars(instance)["stored_columns"]).items():
        if (now := getattr(instance, column)) == before:
            continue
        if column == "password":
            record(Event.PASSWORD_CHANGED, user_id=instance.pk)
        else:
            record(Event.RIGHT_GIVEN if now else Event.RIGHT_TAKEN, user_id=instance.pk, right=column)


@receiver(post_delete, sender=User)
def record_deleted_user(instance: User, **_signal: Any) -> None:
    record(Event.USER_DELETED, user_id=instance.pk)


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def record_pairs(action: str, pk_set: set[int] | None, **signal: Any) -> None:
    """Record each pair of a user, a group and a permission, from whichever side it is given or taken."""
    owner = signal["instance"]
    one, other = str(owner._meta.model_name), signal["model"]._meta.model_name
    event, keys = Event.RIGHT_GIVEN, pk_set if pk_set and action == "post_add" else set()
    if action in {"pre_remove", "pre_clear"}:
        held = set(signal["sender"].objects.filter(**{one: owner.pk}).values_list(other, flat=True))
        event, keys = Event.RIGHT_TAKEN, held if pk_set is None else held & pk_set
    for key in sorted(keys):
        record(event, **{f"{one}_id": owner.pk, f"{other}_id": key})


@receiver(pre_delete, sender=Group)
def record_deleted_group(instance: Group, **_signal: Any) -> None:
    """Record that its users lose it: Django sends no m2m_changed when a group is deleted."""
    record_pairs("pre_clear", None, sender=User.groups.through, instance=instance, model=User)


@receiver([post_save, post_delete], sender="access.Membership")
def record_membership(signal: Signal, instance: Any, **_signal: Any) -> None:  # noqa: ANN401 - imports this module
    event = Event.RIGHT_GIVEN if signal is post_save else Event.RIGHT_TAKEN
    record(event, user_id=instance.user_id, right=instance.account_id)
