"""Who sent a request, in words."""

import re
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from access.models import ApiToken

SENDERS = {
    "open": "anyone: the service is open, and the request had no cookie of ours",
    "browser": "a browser without a sign-in, known by its cookie",
    "batch": "the decide_many command, in nobody's name",
    "eval": "the eval command",
}
NUMBERED = re.compile(r"(user|token):([0-9]{1,19})")


def sender_of(submitter: str) -> tuple[str, User | ApiToken | None]:
    """Return who it is, followed by what the ledger stores, and the user or the token if it is still there."""
    words, found = SENDERS.get(submitter.partition(":")[0]), None
    if numbered := NUMBERED.fullmatch(submitter):
        rows: QuerySet[Any] = User.objects.all() if numbered[1] == "user" else ApiToken.objects.all()
        found = rows.filter(pk=numbered[2]).first()
        words = _name(found) if found else f"a {numbered[1]} that was deleted"
    return f"{words} ({submitter})" if words else submitter, found


def _name(found: User | ApiToken) -> str:
    if isinstance(found, User):
        return found.get_username()
    return f"the token “{found.name}”, made by {found.created_by or 'a command or a user who was deleted'}"
