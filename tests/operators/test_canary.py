"""No page, export, log line, metric or error mail for operators holds the customer's text."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from config.logging import QuietFormatter
from rotation.models import Credential
from tests.conftest import REPORT, Decide, report
from tests.fakes import FakeProvider, answer
from traces.models import TraceRecord

CANARY = "canary-7d1e"
TOKEN = "only-for-tests-and-worth-nothing"
LIST = "/admin/traces/tracerecord/"
# The report, the model's text and an exception's text, each with the canary in it.
ENDINGS: dict[str, str | BaseException] = {
    "completed": answer(),
    "refused by the check": answer(lines=("P-7", CANARY)),
    "no answer of ours": f"I think {CANARY} is eligible.",
    "provider": TimeoutError(CANARY),
    "fault of ours": RuntimeError(CANARY),
}
Look = Callable[[Client, TraceRecord], str]


def printed(command: str, *arguments: str) -> str:
    out, err = StringIO(), StringIO()
    call_command(command, *arguments, stdout=out, stderr=err)
    return out.getvalue() + err.getvalue()


def exported(form: str) -> str:
    return printed("export_traces", f"--since={timezone.now():%Y-%m-%d}", f"--format={form}")


def scraped(client: Client) -> str:
    return client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return the log lines of every level, as the service's own handler formats them."""
    return "\n".join(map(QuietFormatter(readable=False).format, caplog.records))


PLACES: dict[str, Look] = {
    "list": lambda client, _: client.get(LIST, {"status__exact": "all"}).text,
    "detail": lambda client, trace: client.get(f"{LIST}{trace.pk}/change/").text,
    "trace command": lambda _, trace: printed("trace", trace.pk),
    "trace command as JSON": lambda _, trace: printed("trace", trace.pk, "--json"),
    "CSV": lambda _client, _trace: exported("csv"),
    "JSON lines": lambda _client, _trace: exported("jsonl"),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_text_reaches_what_an_operator_reads(
    admin_client: Client,
    decide: Decide,
    credential: Credential,
    provider: FakeProvider,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    ending: str,
) -> None:
    settings.ADMINS = [("Engineer", "engineer@example.test")]
    settings.METRICS_TOKEN = TOKEN
    caplog.set_level("DEBUG")
    provider.says = ENDINGS[ending]

    decide(report(text=f"{REPORT} {CANARY}"))

    trace = TraceRecord.objects.get()
    texts = {place: look(admin_client, trace) for place, look in PLACES.items()}
    assert {place for place, text in texts.items() if trace.pk not in text} == set()
    assert trace.pk in logged(caplog)
    texts |= {"dashboard": admin_client.get("/admin/").text, "metrics": scraped(admin_client)}
    texts |= {"logs": logged(caplog), "mail": "".join(str(each.message()) for each in mail.outbox)}
    assert {place for place, text in texts.items() if CANARY in text} == set()


def test_a_request_that_breaks_mails_no_text(
    client: Client, credential: Credential, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ADMINS = [("Engineer", "engineer@example.test")]
    settings.DECISION_PROVIDER = "there-is-no-such-provider"
    caplog.set_level("DEBUG")
    client.raise_request_exception = False

    answered = client.post("/rotation/decide", report(text=f"{REPORT} {CANARY}"), content_type="application/json")

    assert answered.status_code == 500
    assert CANARY not in answered.text + logged(caplog) + "".join(str(each.message()) for each in mail.outbox)
