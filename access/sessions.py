"""Sessions, each with its user, so that all of a user's sessions can be ended at once."""

from functools import partial
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete
from django.dispatch import receiver

# The backend of sessions that began at the issuer.
SINGLE_SIGN_ON = "access.identities.SingleSignOnBackend"


class UserSession(models.Model):  # noqa: DJ008 - its only name would be the session's key
    """Whose session it is. Sessions themselves stay in Django's table, which the release before shares."""

    # Without a constraint, the release before can still delete sessions after a rollback.
    session = models.OneToOneField(Session, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, db_constraint=False)


class SessionStore(DatabaseStore):
    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        super().save(must_create)
        if user_id := self.get(SESSION_KEY):
            UserSession.objects.get_or_create(session_id=self.session_key, defaults={"user_id": user_id})


def end_sessions(user: User) -> int:
    """End all sessions of a user. Return how many there were."""
    _, deleted = Session.objects.filter(usersession__user=user.pk).delete()
    return deleted.get(Session._meta.label, 0)


@receiver(post_save, sender=User)
def end_after_change(instance: User, **_signal: Any) -> None:
    """End them at deactivation and with a new password. Who changes the own one gets a new session from Django."""
    before = vars(instance)["stored_columns"]
    is_deactivated = before.get("is_active") and not instance.is_active
    if is_deactivated or before.get("password", instance.password) != instance.password:
        end_sessions(instance)


@receiver(m2m_changed, sender=User.groups.through)
def end_with_last_group(action: str, instance: User | Group, pk_set: set[int] | None, **_signal: Any) -> None:
    """End the sessions of users who lose their last group, from whichever side it is taken."""
    if action in {"pre_remove", "pre_clear"}:
        own = {instance.pk} if isinstance(instance, User) else pk_set
        losing = set(User.objects.filter(groups=instance.pk).values_list("pk", flat=True)) if own is None else own
        transaction.on_commit(partial(_end_without_group, losing))


@receiver(pre_delete, sender=Group)
def end_with_deleted_group(instance: Group, **_signal: Any) -> None:
    end_with_last_group("pre_clear", instance, None)


def _end_without_group(users: set[int]) -> None:
    for user in User.objects.filter(pk__in=users, groups=None, is_superuser=False):
        end_sessions(user)


@receiver(post_delete, sender="access.Membership")
def end_with_last_membership(instance: models.Model, **_signal: Any) -> None:
    has_nothing = {"groups": None, "membership": None, "is_superuser": False}
    for user in User.objects.filter(pk=vars(instance)["user_id"], **has_nothing):
        end_sessions(user)
