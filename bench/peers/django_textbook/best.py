"""The cheapest Django view that we can write for the same durable work: no SDK, a guarded update, ready-made JSON."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from pydantic import ValidationError

from bench.peers.django_textbook.models import Trace
from bench.peers.question import MODEL, Report, decided
from bench.peers.raw_call import ask

JSON = "application/json"


def decide(request: HttpRequest) -> HttpResponse:
    try:
        report = Report.model_validate_json(request.body)
    except ValidationError:
        return HttpResponse(b'{"error":"invalid"}', status=422, content_type=JSON)
    trace = Trace(account_id=report.account_id, model=MODEL)
    trace.save(force_insert=True)
    connection.close_if_unusable_or_obsolete()
    decision = decided(trace.trace_id, ask(report))
    ending = decision.model_dump(exclude={"trace_id", "error"})
    Trace.objects.filter(pk=trace.pk, status="running").update(**ending, finished_at=timezone.now())
    body = decision.model_dump_json().encode()
    # Without CommonMiddleware nobody else tells the length.
    return HttpResponse(body, content_type=JSON, headers={"Content-Length": str(len(body))})
