"""Each registered workflow, the fixtures that its example report needs, and the ways to send it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from boundary.exchange import ProviderReply
from decisions import providers
from decisions.contract import Facts, Report
from decisions.registry import workflows
from decisions.workflow import Missing, Workflow
from tests.conftest import Response
from tests.fakes import USAGE

# The fixture that the example report of a workflow needs, by the workflow's name.
NEEDED_FIXTURES = {"rotation": "credential"}
CANARY = "canary-4b1d"


@dataclass
class Scripted:
    """A provider of any workflow that answers with `says`, or raises it."""

    workflow: Workflow
    says: str | BaseException = ""
    meanwhile: Callable[[], object] = lambda: None
    name: str = "scripted"
    model: str | None = "scripted-model"
    asked: list[Report] = field(default_factory=list)

    @property
    def prompt_version(self) -> str:
        return next(iter(self.workflow.prompts))

    def decide(self, report: Report, facts: Facts) -> ProviderReply:
        self.asked.append(report)
        self.meanwhile()
        if isinstance(self.says, BaseException):
            raise self.says
        return ProviderReply(self.says, USAGE)


@dataclass(frozen=True)
class Site:
    """A workflow behind HTTP, and the scripted provider that it asks."""

    workflow: Workflow
    provider: Scripted
    client: Client

    @property
    def example(self) -> dict[str, Any]:
        return dict(self.workflow.description.report_example)

    @property
    def right_answer(self) -> str:
        """Return the answer of the embedded rules, which the check accepts."""
        report = self.workflow.report.model_validate(self.example)
        facts = self.workflow.find_facts(report, lambda _account: True, timezone.now())
        assert not isinstance(facts, Missing)
        return self.workflow.rules.decide(report, facts).answer

    @property
    def decide_address(self) -> str:
        return reverse(f"{self.workflow.name}:decide")

    @property
    def form_address(self) -> str:
        return reverse(f"{self.workflow.name}:form")

    def result_address(self, trace_id: str) -> str:
        return reverse(f"{self.workflow.name}:result", kwargs={"trace_id": trace_id})

    def send(self, body: object = None, **headers: str) -> Response:
        raw = body if isinstance(body, str | bytes) else json.dumps(self.example if body is None else body)
        return self.client.post(self.decide_address, raw, content_type="application/json", headers=headers)

    def with_text(self, text: str) -> dict[str, Any]:
        return self.example | {self.workflow.report.text_field: text}


@pytest.fixture(params=workflows(), ids=lambda workflow: workflow.name)
def workflow(request: pytest.FixtureRequest) -> Workflow:
    found: Workflow = request.param
    return found


@pytest.fixture
def site(
    workflow: Workflow,
    request: pytest.FixtureRequest,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    db: None,
) -> Site:
    if fixture := NEEDED_FIXTURES.get(workflow.name):
        request.getfixturevalue(fixture)
    provider = Scripted(workflow)
    monkeypatch.setitem(providers.PROVIDERS, "scripted", lambda *_asked: provider)
    settings.DECISION_PROVIDER = "scripted"
    found = Site(workflow, provider, Client())
    provider.says = found.right_answer
    return found
