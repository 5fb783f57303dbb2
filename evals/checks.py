"""The gate and the deploy: has what is configured passed here?"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.core.checks import Warning as Advice
from django.db import connections

from decisions.providers import configured_prompt, request_settings
from evals.cases import load_suite
from evals.gates import load_gate
from evals.models import EvalRun
from evals.suites import SuiteError, SuiteFile, known_suites


@register(Tags.database, deploy=True)
def the_gate_was_passed(databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Warn for each named database and workflow whose configured prompt, model and policy did not pass at last."""
    messages: list[CheckMessage] = []
    configured: list[Configured] = []
    for suite in known_suites() if databases else ():
        try:
            configured.append(Configured(suite))
        except SuiteError as fault:
            hint = "Correct that line of the file."
            messages.append(Advice(f"The suite cannot be read: {fault}", hint=hint, id="evals.W002"))
    for alias in databases if databases and configured else ():
        if EvalRun._meta.db_table in connections[alias].introspection.table_names():
            messages += [each.not_passed(alias) for each in configured if not each.passed(alias)]
        else:
            hint = "Run `manage.py migrate`, then `manage.py eval --split gate`."
            messages.append(Advice(f"Database {alias!r} holds no history of evals.", hint=hint, id="evals.W003"))
    return messages


class Configured:
    """What serves the customers of one workflow, and the gate that it must have passed."""

    def __init__(self, file: SuiteFile) -> None:
        """:raises SuiteError: the workflow's suite or its gates cannot be read"""
        self.suite, self.workflow = load_suite(file), file.workflow
        self.provider: str = settings.DECISION_PROVIDER
        self.gate = load_gate(file, self.provider)
        if self.provider == self.workflow.rules.name:
            self.model, self.prompt_version = "", self.workflow.rules.prompt_version
        else:
            self.model, self.prompt_version = settings.OPENAI_MODEL, configured_prompt(self.workflow)

    def passed(self, alias: str) -> bool:
        """Let the latest run decide: a gate that fell short is not opened by trying until it holds once."""
        runs = EvalRun.objects.using(alias).filter(
            suite=self.suite.name,
            suite_digest=self.suite.digest,
            gate_digest=self.gate.digest,
            split="gate",
            whole_split=True,
            provider=self.provider,
            model=self.model,
            prompt_version=self.prompt_version,
            policy_version=self.workflow.policy_version,
            request_settings=request_settings(self.workflow, self.provider),
        )
        return runs.values_list("gate_holds", flat=True).first() is True

    def not_passed(self, alias: str) -> CheckMessage:
        asked, policy = f"{self.provider} {self.model}".rstrip(), self.workflow.policy_version
        # The command takes the first suite by default.
        suite = "" if self.workflow is known_suites()[0].workflow else f"{self.suite.name} "
        options = f"--provider {self.provider} --prompt {self.prompt_version} --split gate"
        return Advice(
            f"{self.prompt_version} on {asked} under {policy} has not passed the gate of this suite, with what"
            f" its requests hold now, in database {alias!r}.",
            hint=f"Run `manage.py eval {suite}{options}`.",
            id="evals.W001",
        )
