"""`/metrics`: with the token, the figures of customers' decisions, and no customer's text."""

import os
import runpy
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client import generate_latest, values
from pytest_django import Settings

from access.models import ApiToken
from boundary.failures import ProviderRejected
from config.environment import BASE_DIR
from config.metrics import IN_FLIGHT, REGISTRY
from decisions.decide import decide
from rotation.contract import RotationReport
from rotation.models import Credential
from rotation.workflow import ROTATION
from tests.configuration.serving import TOKEN, figures
from tests.conftest import Decide, MakeCredential, report
from tests.fakes import FakeProvider, answer, any_record
from tests.interfaces.conftest import database_down, ledger_refusing
from traces.codes import Source
from traces.entries import Submission, Usage
from traces.models import TraceRecord

CANARY = "canary-7d1e"
LABELS = {"workflow": "rotation", "provider": "fake", "prompt_version": "rotation_decision@1"}
Counted = Callable[..., float]


@pytest.fixture
def counted() -> Counted:
    """Return by how much a figure grew in this test."""
    before = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for each in REGISTRY.collect()
        for sample in each.samples
    }

    def grown(name: str, **labels: str) -> float:
        return (REGISTRY.get_sample_value(name, labels) or 0) - before.get((name, *sorted(labels.items())), 0)

    return grown


@pytest.fixture
def scrape(client: Client, settings: Settings, db: None) -> Callable[[], str]:
    settings.METRICS_TOKEN = TOKEN

    def read() -> str:
        return client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text

    return read


def decide_as(source: Source, provider: FakeProvider, *, clock: Callable[[], datetime] = timezone.now) -> TraceRecord:
    asked = RotationReport.model_validate(report())
    return decide(
        ROTATION,
        asked,
        provider=provider,
        find_facts=any_record(asked),
        submission=Submission(source=source, submitter="eval" if source == Source.EVAL else "open"),
        clock=clock,
    )


def test_without_the_token_the_address_does_not_exist(
    client: Client, settings: Settings, db: None, subtests: pytest.Subtests
) -> None:
    wrong = (TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer \xe9", None)

    for token, sent in (("", None), ("", "Bearer "), *((TOKEN, sent) for sent in wrong)):
        with subtests.test(f"{token!r}, {sent!r}"):
            settings.METRICS_TOKEN = token
            headers = {"Authorization": sent} if sent else {}
            answer, elsewhere = client.get("/metrics", headers=headers), client.get("/nowhere", headers=headers)
            assert (answer.status_code, answer.content) == (404, elsewhere.content)
            assert dict(answer.headers) == dict(elsewhere.headers)

    assert client.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404


def test_the_token_works_whatever_host_is_named(client: Client, settings: Settings, db: None) -> None:
    settings.METRICS_TOKEN, settings.SECURE_SSL_REDIRECT = TOKEN, True

    answer = client.get("/metrics", headers={"Authorization": f"bearer {TOKEN}", "Host": "10.0.0.7:8000"})

    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer["Content-Type"].startswith("text/plain; version=")


def test_a_decision_is_counted_once_by_its_outcome(
    decide: Decide, credential: Credential, provider: FakeProvider, counted: Counted
) -> None:
    for _ in range(2):
        decide(**{"Idempotency-Key": "a-key-of-mine"})

    assert counted("decisions_total", outcome="eligible", error_code="", **LABELS) == 1
    assert counted("decision_provider_seconds_sum", workflow="rotation", provider="fake") == pytest.approx(0.007)
    assert counted("decision_own_seconds_count", workflow="rotation", provider="fake") == 1
    assert counted("http_request_seconds_count", route="/rotation/decide", status="2xx") == 2


def test_a_failure_is_counted_by_its_code_and_a_refused_answer_by_its_reason(
    decide: Decide, make_credential: MakeCredential, provider: FakeProvider, counted: Counted
) -> None:
    make_credential(age_days=31)

    decide()
    provider.says = TimeoutError(CANARY)
    decide()

    for code in ("invalid_decision", "provider_timeout"):
        assert counted("decisions_total", outcome="failed", error_code=code, **LABELS) == 1
    assert counted("check_refusals_total", reason="age_exceeds_window", **LABELS) == 1
    assert counted("decision_provider_seconds_count", workflow="rotation", provider="fake") == 1


def test_no_member_is_counted_as_an_unknown_account_and_not_as_a_refused_answer(
    decide: Decide, credential: Credential, provider: FakeProvider, counted: Counted
) -> None:
    secret = ApiToken(name="a stranger").issue([])

    decide(Authorization=f"Bearer {secret}")

    assert counted("decisions_total", outcome="failed", error_code="account_unknown", **LABELS) == 1
    assert counted("check_refusals_total", reason="not_a_member", **LABELS) == 0


def test_what_a_provider_said_is_counted_by_status_and_code(
    decide: Decide, credential: Credential, provider: FakeProvider, counted: Counted
) -> None:
    for code in ("insufficient_quota", None):
        provider.says = ProviderRejected(usage=Usage(provider_status=429, provider_code=code))
        decide()

    for code in ("insufficient_quota", ""):
        assert counted("provider_troubles_total", workflow="rotation", status="429", code=code) == 1


def test_a_decision_is_in_flight_until_it_ends(decide: Decide, credential: Credential, provider: FakeProvider) -> None:
    before = IN_FLIGHT._value.get()
    during: list[float] = []
    provider.meanwhile = lambda: during.append(IN_FLIGHT._value.get())

    for says in (answer(), RuntimeError(CANARY), KeyboardInterrupt()):
        provider.says = says
        with suppress(KeyboardInterrupt):
            decide()
        assert IN_FLIGHT._value.get() == before, repr(says)

    assert during == [before + 1] * 3


def test_an_eval_is_not_counted(credential: Credential, provider: FakeProvider) -> None:
    before = generate_latest(REGISTRY)

    decide_as(Source.EVAL, provider)

    assert generate_latest(REGISTRY) == before


def test_a_row_that_stays_running_is_neither_counted_nor_in_flight(
    decide: Decide, credential: Credential, provider: FakeProvider, counted: Counted
) -> None:
    with ledger_refusing("UPDATE"):
        decide()

    assert counted("decisions_total", outcome="failed", error_code="", **LABELS) == 0
    assert counted("decisions_in_flight") == 0
    assert counted("http_request_seconds_count", route="/rotation/decide", status="5xx") == 1


def test_the_age_of_a_customers_oldest_running_row_is_reported(
    scrape: Callable[[], str], credential: Credential, provider: FakeProvider
) -> None:
    ages: list[float] = []
    provider.meanwhile = lambda: ages.append(figures(scrape())["decisions_oldest_running_seconds"])

    for source in (Source.API, Source.EVAL):
        decide_as(source, provider, clock=lambda: timezone.now() - timedelta(seconds=40))
    provider.meanwhile()

    assert 40 <= ages[0] < 50
    assert ages[1:] == [0, 0]


def test_the_age_of_the_oldest_source_is_reported_without_its_name(
    scrape: Callable[[], str], make_credential: MakeCredential
) -> None:
    name = "records_oldest_source_seconds"
    assert name not in figures(scrape())

    make_credential()
    Credential.objects.update(source=CANARY, observed_at=timezone.now() - timedelta(hours=5))
    scraped = scrape()

    assert 18_000 <= figures(scraped)[name] < 18_060
    assert name + '{workflow="rotation"}' in scraped
    assert CANARY not in scraped


def test_a_scrape_is_answered_while_the_database_is_down(scrape: Callable[[], str]) -> None:
    with database_down():
        scraped = figures(scrape())

    assert "decisions_oldest_running_seconds" not in scraped
    assert "records_oldest_source_seconds" not in scraped
    assert "decisions_in_flight" in scraped


def test_no_label_holds_a_customers_text(
    scrape: Callable[[], str], decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = RuntimeError(CANARY)

    response = decide(report(text=f"{CANARY} of a stale key", item="invoice-sync"))
    scraped = scrape()

    assert [text for text in (CANARY, "acct_", "invoice", response.json()["trace_id"]) if text in scraped] == []


def test_slot_is_used_again_and_a_worker_without_one_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.setattr(values, "ValueClass", values.MutexValue)
    hooks = runpy.run_path(str(BASE_DIR / "gunicorn.conf.py"))
    hooks["_link_counts"](str(tmp_path), slots=1)
    links = [link.readlink() for link in tmp_path.glob("metrics-*/*.db")]
    first, second, third = (SimpleNamespace() for _ in range(3))

    for worker, others in ((first, {}), (second, {1: first}), (third, {2: second})):
        hooks["pre_fork"](SimpleNamespace(WORKERS=others), worker)
    hooks["post_fork"](None, second)
    hooks["child_exit"](None, second)
    without_a_slot = values.ValueClass
    hooks["post_fork"](None, third)
    hooks["on_exit"](None)
    for link in links:
        os.close(int(link.name))

    assert [worker.slot for worker in (first, second, third)] == [0, 1, 0]
    assert without_a_slot is values.MutexValue is not values.ValueClass
    assert list(tmp_path.iterdir()) == []
