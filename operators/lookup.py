"""Find the traces that a person's text names: by ids, by the beginnings of ids that were cut off, or by an account."""

import re
from typing import Any, NamedTuple

from django.db.models import QuerySet

from decisions.registry import read_ids
from traces.identifiers import LENGTH
from traces.models import TraceRecord

# `acct 10234`, also in a sentence, and a text that begins with the number.
ACCOUNT_ID = re.compile(
    r"(?:(?<![^\W_])acc(?:oun)?t[\s_.:#-]*(?:(?:id|no|number)[\s.:#-]*)?|^)([0-9]{5})(?![^\W_])", re.IGNORECASE
)
MOST_FOUND = 50
HELP = "Paste one or more ids, whole or cut off after six characters or later, or an account id, also in a sentence."


class Found(NamedTuple):
    """`exact` is the key of the trace if the text names one whole id and nothing else. `missing` are sentences."""

    rows: QuerySet[Any]
    missing: list[str]
    exact: str | None = None
    account_id: str | None = None


def look_up(text: str) -> Found:
    """Look each id up in one range of the primary key. An account counts if no id has a trace."""
    ids = read_ids(text)[:MOST_FOUND]
    keys: list[str] = []
    missing = []
    for start in ids:
        in_range = TraceRecord.objects.filter(pk__range=(start.ljust(LENGTH, "0"), start.ljust(LENGTH, "z")))
        found = in_range.order_by("pk").values_list("pk", flat=True)[:MOST_FOUND]
        keys += found
        if not found:
            missing.append(f"No trace has {'the id' if len(start) == LENGTH else 'an id that begins with'} {start}.")
    accounts = {*ACCOUNT_ID.findall(text)}
    if len(accounts) == 1 and not keys:
        account_id = f"acct_{accounts.pop()}"
        return Found(TraceRecord.objects.filter(account_id=account_id), missing, account_id=account_id)
    is_exact = len(ids) == 1 and keys == ids
    missing = missing if ids else [f"No id is in this text. {HELP}"]
    return Found(TraceRecord.objects.filter(pk__in=keys[:MOST_FOUND]), missing, exact=keys[0] if is_exact else None)
