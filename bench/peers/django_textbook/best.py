"""The cheapest Django view that we can write for the same durable work: plain statements and a quick call."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from pydantic import ValidationError

from bench.peers.our_row import TABLE, ending, opening
from bench.peers.question import Report, decided
from bench.peers.quick_call import ask

JSON = "application/json"


def decide(request: HttpRequest) -> HttpResponse:
    try:
        report = Report.model_validate_json(request.body)
    except ValidationError:
        return HttpResponse(b'{"error":"invalid"}', status=422, content_type=JSON)
    row = opening(report)
    places = ", ".join(["%s"] * len(row))
    _execute(f"INSERT INTO {TABLE} ({', '.join(row)}) VALUES ({places})", row.values())  # noqa: S608 - names of ours
    connection.close_if_unusable_or_obsolete()
    answer, usage = ask(report)
    decision = decided(row["trace_id"], answer)
    changes = ending(decision, row, usage)
    columns = ", ".join(f"{column} = %s" for column in changes)
    still = (row["trace_id"], "running")
    _execute(f"UPDATE {TABLE} SET {columns} WHERE trace_id = %s AND status = %s", (*changes.values(), *still))  # noqa: S608 - names of ours
    body = decision.model_dump_json().encode()
    # Without CommonMiddleware nobody else tells the length.
    return HttpResponse(body, content_type=JSON, headers={"Content-Length": str(len(body))})


def _execute(statement: str, values: Iterable[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_plain(value) for value in values])


def _plain(value: Any) -> Any:  # noqa: ANN401 - any column's
    """Turn a value into what both drivers take."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return json.dumps(value) if isinstance(value, list) else value
