"""The triggers of the ledger and of every registered workflow, as one set."""

from typing import Any

from decisions.registry import workflows
from traces import guard
from traces.guard import LEDGER_GUARDS, Guard


def guards() -> tuple[Guard, ...]:
    return (*LEDGER_GUARDS, *(each for workflow in workflows() for each in workflow.guards))


def install(using: str, **_signal: Any) -> None:
    guard.install_guards(guards(), using)


def are_installed(using: str) -> bool:
    return guard.are_installed(guards(), using)
