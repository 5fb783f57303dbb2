"""A small suite with its gate, a provider that is right about it, and the eval command run over it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from boundary.exchange import ProviderReply
from rotation import providers
from rotation.contract import CredentialFacts, RotationReport
from tests.fakes import USAGE, FakeProvider, answer


@dataclass(frozen=True)
class Run:
    code: int
    told: str


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
    """Six cases, two of each decision, that `eligible` answers a third of."""
    names = ("eligible", "needs_review", "not_eligible")
    lines = [line(f"{decision}-{twin}".replace("_", "-"), decision) for decision in names for twin in "ab"]
    path = tmp_path / "small.jsonl"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def gate(suite: Path) -> Callable[..., None]:
    def write(*, low: float = 0.1, wrong: int = 6, faults: float = 0.5) -> None:
        thresholds = {
            "minimum_low": low,
            "maximum_unsupported_eligible": wrong,
            "maximum_fault_share": faults,
        }
        suite.with_suffix(".gate.json").write_text(json.dumps({"default": thresholds}))

    write()
    return write


def run(*arguments: str | Path, provider: str = "fake") -> Run:
    told = StringIO()
    try:
        call_command("eval", *map(str, arguments), provider=provider, stdout=told, stderr=StringIO())
    except SystemExit as ended:
        return Run(int(str(ended.code)), told.getvalue())
    except CommandError as error:
        return Run(error.returncode, str(error))
    return Run(0, told.getvalue())


class ByTheBook(FakeProvider):
    """Say what the case's name begins with."""

    def decide(self, report: RotationReport, facts: CredentialFacts) -> ProviderReply:
        self.meanwhile()
        return ProviderReply(answer(facts.label.rpartition("-")[0].replace("-", "_")), USAGE)


@pytest.fixture
def right(monkeypatch: pytest.MonkeyPatch) -> ByTheBook:
    provider = ByTheBook()
    monkeypatch.setitem(providers.PROVIDERS, "right", lambda _: provider)
    return provider
