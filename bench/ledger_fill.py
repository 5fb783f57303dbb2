"""Fill a ledger from within the service's own environment, and print what is needed to look at it."""

import json
import sys
from time import monotonic

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from bench.ledger_database import fill
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

LOOKUPS = 300


def fill_here(rows: int, *, days: float) -> None:
    started = monotonic()
    if rows:
        fill(rows, days=days)
    seconds = monotonic() - started
    ids = [_some_id() for _ in range(LOOKUPS if rows else 0)]
    json.dump({"seconds": seconds, "cookie": _cookie(), "ids": ids}, sys.stdout)


def _cookie() -> str:
    client = Client()
    operator = get_user_model().objects.create_superuser("bench")
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _some_id() -> str:
    """Take the next one after a random id; past the last, try another."""
    after = TraceRecord.objects.filter(pk__gt=new_trace_id()).order_by("pk")
    return after.values_list("pk", flat=True).first() or _some_id()
