"""Injection through stored text and headers: scripts, split headers, forged log lines and formulas."""

import csv
import logging
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db.models import CharField, Model, TextField
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import ApiToken, Membership
from config.logging import QuietFormatter
from evals.models import EvalRun
from rotation.models import Credential, CredentialImport, CredentialOwner
from tests.conftest import report
from tests.fakes import FakeProvider
from tests.ledger.rows import COMPLETED_ROW, insert
from tests.torture.conftest import Promise
from traces.models import TraceRecord
from traces.reviews import Review

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SCRIPT = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'</title>{{7*7}}"
FORMULA = "=HYPERLINK(1)"
HEADERS = [
    "Idempotency-Key",
    "Retry-Of",
    "Accept",
    "Authorization",
    "Referer",
    "User-Agent",
    "Origin",
    "X-Forwarded-For",
]
SPLITS = [
    "a\r\nSet-Cookie: evil=1",
    "a\nevil: 1",
    "%0d%0aevil: 1",
    "\x85evil: 1",
    "\u2028evil: 1",
    '{"level": "error"}',
    "\x1b[2J",
]


class Elements(HTMLParser):
    """Parse a page and collect the elements and attributes that could run a script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.dangers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        inline = tag == "script" and not (given.get("src") or "").startswith("/")
        inline = inline and given.get("type") != "application/json"
        handlers = [name for name in given if name.startswith("on")]
        if inline or handlers or given.get("src") == "x" or "javascript:" in str(given.values()).lower():
            self.dangers.append(f"{tag} {given}")


def texts_of(model: type[Model]) -> dict[str, str]:
    """Return a script for every column of free text, cut to the column's length."""
    columns = model._meta.concrete_fields
    free = [each for each in columns if isinstance(each, CharField | TextField) and not each.primary_key]
    closed = {"status", "password", "error_reason", "error_code", "outcome", "reason"}
    # What the database itself refuses.
    closed |= {"source"} if model is TraceRecord else {"account_id"} if model is Credential else set()
    return {each.name: SCRIPT[: each.max_length] for each in free if each.name not in closed and not each.choices}


def write_scripts(model: type[Model]) -> int:
    """Write scripts into the latest row of a model, bypassing its forms. Return the number of columns."""
    latest, texts = model._default_manager.order_by("pk").last(), texts_of(model)
    assert latest is not None
    return len(texts) * model._default_manager.filter(pk=latest.pk).update(**texts)


@pytest.fixture
def scripted_columns(credential: Credential) -> int:
    """Make a row of every shown model with a script in each text. Return the number of columns."""
    now = timezone.now()
    user = User.objects.create_user("someone")
    user.groups.add(Group.objects.create(name="some group"))
    Membership.objects.create(user=user, account_id="acct_10234")
    ApiToken(name="program").issue(["acct_10234"])
    trace = insert(COMPLETED_ROW | texts_of(TraceRecord))
    Review(trace=trace, number=1, reviewer=user, reviewed_at=now, outcome="cannot_tell", reason="other").save()
    figures = {"passed": 1, "measured": 1, "low": 0.2, "high": 1.0}
    run = EvalRun(gate_holds=True, whole_split=True, figures=figures, outcomes=[], started_at=now, finished_at=now)
    run.save()
    CredentialOwner(kind="other").save()
    counts = dict.fromkeys(("added", "changed", "disabled", "unchanged", "refused"), 0)
    CredentialImport(sources=[SCRIPT], digests=[], imported_at=now, observed_at=now, **counts).save()
    scripted = (User, Group, ApiToken, Credential, CredentialOwner, CredentialImport, EvalRun)
    return len(texts_of(TraceRecord)) + sum(map(write_scripts, scripted))


def admin_pages() -> Iterator[str]:
    """Yield the address of every list, object and history in the admin."""
    yield from ("/admin/", "/admin/?period=30d")
    for model in site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        for row in model._default_manager.all():
            yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete"))


def test_stored_text_never_becomes_markup(
    scripted_columns: int, admin_client: Client, provider: FakeProvider, promise: Promise
) -> None:
    pages = [*admin_pages(), *(f"/rotation/{trace.pk}" for trace in TraceRecord.objects.all()), "/"]

    answers = {page: admin_client.get(page, headers={"Accept": "text/html"}).text for page in pages}
    answers["the form"] = admin_client.post("/", report(text=SCRIPT, item=SCRIPT[:70])).text

    dangers = {page: found for page, text in answers.items() if (found := Elements(text).dangers)}
    shown = sum("&lt;script&gt;" in text for text in answers.values())
    promise(
        4,
        f"stored script: {scripted_columns} columns, {len(answers)} pages, "
        f"shown as text on {shown}, run on {len(dangers)}",
    )
    assert dangers == {}
    assert shown > 5


def test_headers_split_no_response_and_forge_no_log_line(
    credential: Credential, provider: FakeProvider, caplog: pytest.LogCaptureFixture, promise: Promise
) -> None:
    caplog.set_level(logging.DEBUG)
    client, evil, sent = Client(raise_request_exception=False), 0, 0
    for name in HEADERS:
        for text in SPLITS:
            answers = [
                client.post("/rotation/decide", report(), content_type="application/json", headers={name: text}),
                client.get(f"/?submission={text}", headers={name: text}),
                client.get(f"/admin/?next={text}", headers={name: text}),
            ]
            sent += len(answers)
            evil += sum("evil" in f"{answer.headers}{answer.cookies}" for answer in answers if answer.status_code < 300)
            evil += sum("\n" in value for answer in answers for value in answer.headers.values())
            evil += sum(answer.status_code >= 500 for answer in answers)
    formatters = QuietFormatter(readable=False), QuietFormatter(readable=True)
    lines = [formatter.format(record) for record in caplog.records for formatter in formatters]
    forged = sum("\n" in line or "\x1b" in line for line in lines)
    promise(4, f"split headers: {sent} requests, {evil} split or broken; {len(lines):,} log lines, forged {forged}")
    assert (evil, forged) == (0, 0)


def test_exported_text_is_never_a_formula(promise: Promise) -> None:
    leads = ["=", "+", "-", "@", "\t=", "\r=", " =", "\n=", '"=', "'=", "\uff1d"]
    for lead in leads:
        insert(COMPLETED_ROW | {"credential_label": lead + FORMULA, "submission_key": None, "model": lead + FORMULA})
    out = StringIO(newline="")

    call_command("export_traces", "--since", "2020-01-01", "--format", "csv", stdout=out)

    cells = [cell for row in list(csv.reader(StringIO(out.getvalue(), newline="")))[1:] for cell in row]
    formulas = [cell for cell in cells if cell.strip(' \t\r\n"').startswith(("=", "+", "@", "\uff1d"))]
    promise(4, f"formulas: {2 * len(leads)} hostile cells of {len(cells)} exported, live {len(formulas)}")
    assert formulas == []
    assert sum(FORMULA in cell for cell in cells) == 2 * len(leads)
