"""The gate meets the deploy: has what is configured passed here?"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.core.checks import Warning as Advice
from django.db import connections
from django.db.models import QuerySet

from evals.cases import DEFAULT, SuiteError, load_suite, suite_path
from evals.gates import load_gate
from evals.models import EvalRun
from rotation.policy import P7
from rotation.providers.rules import RulesProvider


@register(Tags.database, deploy=True)
def the_gate_was_passed(databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Warn for each named database in which the configured prompt, model and policy did not pass when they last ran."""
    if not databases:
        return []
    try:
        path = suite_path(DEFAULT)
        suite, gate = load_suite(path), load_gate(path, settings.DECISION_PROVIDER)
    except SuiteError as fault:
        return [Advice(f"The suite cannot be read: {fault}", hint="Correct that line of the file.", id="evals.W002")]
    return [message for alias in databases for message in _judged(alias, suite.digest, gate.digest)]


def _judged(alias: str, suite_digest: str, gate_digest: str) -> list[CheckMessage]:
    if not _has_a_history(alias):
        hint = "Run `manage.py migrate`, then `manage.py eval --split gate`."
        return [Advice(f"Database {alias!r} holds no history of evals.", hint=hint, id="evals.W003")]
    return [] if _holds(_runs(alias, suite_digest, gate_digest).first()) else [_not_passed(alias)]


def _has_a_history(alias: str) -> bool:
    return EvalRun._meta.db_table in connections[alias].introspection.table_names()


def _holds(latest: EvalRun | None) -> bool:
    """Let the latest run decide: a gate that fell short is not opened by trying until it holds once."""
    return latest is not None and latest.gate_holds


def _runs(alias: str, suite_digest: str, gate_digest: str) -> QuerySet[EvalRun]:
    return EvalRun.objects.using(alias).filter(
        suite=DEFAULT,
        suite_digest=suite_digest,
        gate_digest=gate_digest,
        split="gate",
        whole_split=True,
        provider=settings.DECISION_PROVIDER,
        model=_model(),
        prompt_version=_prompt_version(),
        policy_version=P7.version,
    )


def _not_passed(alias: str) -> CheckMessage:
    provider, prompt = settings.DECISION_PROVIDER, _prompt_version()
    asked = " ".join(filter(None, (provider, _model())))
    return Advice(
        f"{prompt} on {asked} under {P7.version} has not passed the gate of this suite in database {alias!r}.",
        hint=f"Run `manage.py eval --provider {provider} --prompt {prompt} --split gate`.",
        id="evals.W001",
    )


def _asks_a_model() -> bool:
    return bool(RulesProvider.name != settings.DECISION_PROVIDER)


def _model() -> str:
    return settings.OPENAI_MODEL if _asks_a_model() else ""


def _prompt_version() -> str:
    return settings.ROTATION_PROMPT if _asks_a_model() else RulesProvider.prompt_version
