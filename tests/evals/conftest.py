"""A small suite with its gate, a provider that is always right, and a way to run the eval command."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from boundary.exchange import ProviderReply
from decisions import providers
from decisions.registry import workflows
from rotation import workflow as rotation_module
from rotation.contract import CredentialFacts, RotationReport
from rotation.suite import SUITE
from rotation.workflow import ROTATION
from tests.evals.thanks_suite import JUDGED_THANKS
from tests.fakes import USAGE, FakeProvider, answer
from tests.thanks import workflow as thanks_module


@dataclass(frozen=True)
class Run:
    code: int
    output: str


def line(name: str, decision: str = "eligible", **changes: object) -> str:
    case = {
        "name": name,
        "account_id": "acct_10234",
        "credential_age_days": 12,
        "credential_kind": "service_account_key",
        "credential_state": "active",
        "report": f"The service-account key of {name} is stale.",
        "expected_decision": decision,
        "acceptable_decisions": [decision],
        "expected_source_line_ids": ["P-7"],
        "tags": ["stale"],
        "split": "gate",
        "why": f"Why of {name}.",
    }
    return json.dumps(case | changes)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Six cases, two of each decision, so that `eligible` is right in a third of them."""
    names = ("eligible", "needs_review", "not_eligible")
    lines = [line(f"{decision}-{twin}".replace("_", "-"), decision) for decision in names for twin in "ab"]
    path = tmp_path / "small.jsonl"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def gate(suite: Path) -> Callable[..., None]:
    def write(*, low: float = 0.1, wrong: int = 6, faults: float = 0.5) -> None:
        thresholds = {"minimum_low": low, "maximum_unsupported_eligible": wrong, "maximum_fault_share": faults}
        suite.with_suffix(".gate.json").write_text(json.dumps({"default": thresholds}))

    write()
    return write


def run(*arguments: str | Path, provider: str = "fake") -> Run:
    output = StringIO()
    try:
        call_command("eval", *map(str, arguments), provider=provider, stdout=output, stderr=StringIO())
    except SystemExit as ended:
        return Run(int(str(ended.code)), output.getvalue())
    except CommandError as error:
        return Run(error.returncode, str(error))
    return Run(0, output.getvalue())


class RightProvider(FakeProvider):
    """Answer with the decision that the case's name begins with."""

    def decide(self, report: RotationReport, facts: CredentialFacts) -> ProviderReply:
        self.meanwhile()
        return ProviderReply(answer(facts.label.rpartition("-")[0].replace("-", "_")), USAGE)


@pytest.fixture
def right(monkeypatch: pytest.MonkeyPatch) -> RightProvider:
    provider = RightProvider()
    monkeypatch.setitem(providers.PROVIDERS, "right", lambda *_: provider)
    return provider


@pytest.fixture
def fresh_registry() -> Iterator[None]:
    """Read the registered workflows again in this test and after it."""
    workflows.cache_clear()
    yield
    workflows.cache_clear()


@pytest.fixture
def rotation_alone(settings: Settings, fresh_registry: None) -> None:
    settings.WORKFLOWS = ("rotation.workflow.ROTATION",)


@pytest.fixture
def two_suites(settings: Settings, monkeypatch: pytest.MonkeyPatch, fresh_registry: None) -> None:
    """Register rotation and the third workflow, with the suite of tests.evals.thanks_suite."""
    settings.WORKFLOWS = ("rotation.workflow.ROTATION", "tests.thanks.workflow.THANKS")
    monkeypatch.setattr(thanks_module, "THANKS", JUDGED_THANKS)


@pytest.fixture
def move_suite(monkeypatch: pytest.MonkeyPatch, fresh_registry: None) -> Callable[[Path], None]:
    """Let another file be rotation's own suite."""

    def move(path: Path) -> None:
        monkeypatch.setattr(rotation_module, "ROTATION", replace(ROTATION, suite=replace(SUITE, path=path)))
        workflows.cache_clear()

    return move
