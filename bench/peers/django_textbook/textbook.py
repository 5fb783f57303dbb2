"""The view as a tutorial writes it: a row, the SDK's `.parse`, the row saved again, a JsonResponse."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from openai import OpenAI
from pydantic import ValidationError

from bench.peers.django_textbook.models import Trace
from bench.peers.question import BASE_URL, MODEL, Answer, Report, decided, messages

client = OpenAI(base_url=BASE_URL, api_key="none-is-needed")


@csrf_exempt
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    try:
        report = Report.model_validate_json(request.body)
    except ValidationError:
        return JsonResponse({"error": "invalid"}, status=422)
    trace = Trace.objects.create(account_id=report.account_id, model=MODEL)
    completion = client.chat.completions.parse(
        model=MODEL, messages=messages(report), response_format=Answer, max_completion_tokens=400
    )
    decision = decided(trace.trace_id, completion.choices[0].message.parsed)
    trace.status, trace.decision, trace.error_code = decision.status, decision.decision, decision.error_code
    trace.source_line_ids, trace.finished_at = decision.source_line_ids, timezone.now()
    trace.save()
    return JsonResponse(decision.model_dump())


def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})
