"""The sessions of a user: all of them end together."""

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone


def end_sessions(user: User) -> int:
    """Sign the user out everywhere. Return the number of sessions that ended."""
    live = Session.objects.filter(expire_date__gt=timezone.now())
    own = [each.pk for each in live.iterator() if each.get_decoded().get(SESSION_KEY) == str(user.pk)]
    return Session.objects.filter(pk__in=own).delete()[0]
