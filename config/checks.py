"""System checks for what the settings cannot see."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Advice
from django.db import connections

from traces.guard import TABLE, guard_stands


@register()
def rules_in_production(**_: Any) -> list[CheckMessage]:
    if settings.DECISION_PROVIDER != "rules" or settings.DEBUG:
        return []
    return [
        Advice(
            "DECISION_PROVIDER is rules: no model is asked, a few rules over the text decide.",
            hint="Set DECISION_PROVIDER=openai with OPENAI_MODEL and OPENAI_API_KEY to ask a model.",
            id="rotation.W001",
        )
    ]


@register()
def requests_in_one_transaction(**_: Any) -> list[CheckMessage]:
    if not any(database.get("ATOMIC_REQUESTS") for database in settings.DATABASES.values()):
        return []
    return [
        Error(
            "ATOMIC_REQUESTS would undo the running row when its request fails.",
            hint="Leave ATOMIC_REQUESTS off.",
            id="traces.E001",
        )
    ]


@register(Tags.database)
def terminal_rows_are_guarded(databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The trigger that keeps terminal traces final is missing from database {alias!r}.",
            hint="Run `manage.py migrate`: it puts the trigger back after every migration.",
            id="traces.E002",
        )
        for alias in databases or ()
        if TABLE in connections[alias].introspection.table_names() and not guard_stands(alias)
    ]
