"""Run a case: boot with its settings, ask its server, and say how that ended."""

import json
import logging
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from runpy import run_path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from boundary.client import new_client
from config.environment import BASE_DIR
from rotation.models import Credential
from tests.boundary.certificates import Certificate
from tests.boundary.conftest import UseClient, certificate, use_client
from tests.boundary.fault_server import FaultServer, answering
from tests.boundary.proxies import http_proxy, proxy
from tests.configuration.conftest import Exported, exported
from tests.conftest import Response, report
from tests.servers.cases import BOOTS, DECIDED, SECTIONS, SETTINGS_OF_ALL, UNUSABLE, Case, failed, stopped
from tests.servers.real import KEY
from tests.tickets.conftest import ANSWER, TEXT
from tests.torture.conftest import LONG
from traces.models import TraceRecord

# Fixtures of tests/boundary and tests/configuration.
__all__ = ["certificate", "exported", "use_client"]

MEASURED = pytest.StashKey[dict[str, str]]()
# The prompt of each workflow, where to send a text, and a text.
PROMPTS = (
    ("rotation_decision@2", "/rotation/decide", report()),
    ("ticket_extract@1", "/tickets/extract", {"text": TEXT}),
    ("rotation_decision@1", "/rotation/decide", report()),
    ("ticket_extract@2", "/tickets/extract", {"text": TEXT}),
)[: 4 if LONG else 2]
Measure = Callable[[Case], str]


@pytest.fixture
def measure(
    request: pytest.FixtureRequest,
    exported: Exported,
    settings: Settings,
    client: Client,
    use_client: UseClient,
    certificate: Certificate,
    credential: Credential,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Measure]:
    """Run a case in this process over a real socket, and keep how it ended for the printed table."""
    with ExitStack() as running:

        def run(case: Case) -> str:
            key = tmp_path / "key"
            key.write_text(KEY)
            server = running.enter_context(_served(case, key, certificate))
            way = running.enter_context(proxy(http_proxy, server.port, credentials="user:canary-of-proxy"))
            marks = {
                "{port}": str(server.port),
                "{proxy}": str(way.port),
                "{certificate}": str(certificate.file),
                "{certificate_key}": str(certificate.key),
                "{key}": str(key),
            }
            try:
                _boot(case, server, marks, exported, settings)
            except ImproperlyConfigured as error:
                return stopped(str(error).partition(":")[0])
            if case.only_boots:
                return BOOTS
            model = new_client()
            running.callback(model.close)
            use_client(model)
            # How an answer is framed has nothing to do with the prompt, so the short form asks once.
            asks_all = case.right == DECIDED and (LONG or case in UNUSABLE)
            ended = [_ask(client, settings, *prompt) for prompt in (PROMPTS if asks_all else PROMPTS[:1])]
            return "; ".join(dict.fromkeys(ended))

        def run_and_keep(case: Case) -> str:
            caplog.set_level(logging.DEBUG)
            ended = request.config.stash.setdefault(MEASURED, {})[case.name] = run(case)
            assert "canary" not in caplog.text
            return ended

        yield run_and_keep


def _served(case: Case, key: Path, certificate: Certificate) -> AbstractContextManager[FaultServer]:
    tls = certificate.server if case.scheme == "https" else None
    if tls and case.wants_certificate:
        tls.minimum_version = ssl.TLSVersion.TLSv1_3
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_verify_locations(certificate.file)
    server = case.changing(key) if case.changing else case.server
    return answering(server, tls=tls, host="::1" if case.host == "[::1]" else "127.0.0.1")


def _boot(case: Case, server: FaultServer, marks: dict[str, str], exported: Exported, settings: Settings) -> None:
    address = f"{case.scheme}://{case.host}:{server.port}{case.server.base}"
    given = {**SETTINGS_OF_ALL, "OPENAI_BASE_URL": address, **case.settings}
    for mark, value in marks.items():
        given = {name: text.replace(mark, value) for name, text in given.items()}
    exported(given)
    for name, value in run_path(str(BASE_DIR / "config/settings.py")).items():
        if name.startswith("OPENAI_") or name == "DECISION_DEADLINE_SECONDS":
            setattr(settings, name, value)


def _ask(client: Client, settings: Settings, prompt: str, path: str, body: dict[str, str]) -> str:
    setting = "ROTATION_PROMPT" if prompt.startswith("rotation") else "TICKETS_PROMPT"
    setattr(settings, setting, prompt)
    response: Response = client.post(path, body, content_type="application/json")
    row = TraceRecord.objects.latest("started_at")
    assert "canary" not in response.text + repr(TraceRecord.objects.values())
    if row.status == "failed":
        return failed(row.error_code or "", row.provider_status, row.provider_code, row.error_reason)
    assert row.prompt_version == prompt
    assert json.dumps("eligible" if path.startswith("/rotation") else ANSWER["summary"]) in response.text
    return DECIDED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    measured = config.stash.get(MEASURED, {})
    if not measured or "SERVERS_TABLE" not in os.environ:
        return
    for section, cases in SECTIONS.items():
        terminalreporter.section(section)
        for case in (case for case in cases if case.name in measured):
            now = measured[case.name]
            verdict = "right" if now == case.right else f"WRONG, right is: {case.right}"
            terminalreporter.write_line(f"{case.name:52} before: {case.before:50} now: {now} ({verdict})")
