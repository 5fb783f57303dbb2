"""The registered workflows: the values that `settings.WORKFLOWS` names by dotted path."""

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from decisions.workflow import Records, Workflow
from traces.identifiers import read_trace_id, read_trace_ids


@cache
def workflows() -> tuple[Workflow, ...]:
    """:raises ImproperlyConfigured: two workflows share a name or a prefix"""
    found = tuple(import_string(path) for path in settings.WORKFLOWS)
    for names in ([workflow.name for workflow in found], [workflow.id_prefix for workflow in found]):
        if len(set(names)) < len(names):
            raise ImproperlyConfigured(f"Two workflows share a name or an id prefix: {', '.join(names)}.")
    return found


def find_workflow(name: str) -> Workflow | None:
    """Return None for a row of a workflow that is not registered any more."""
    return next((workflow for workflow in workflows() if workflow.name == name), None)


def trusted_records() -> list[tuple[str, Records]]:
    """Return the records of each workflow that has some, with its name."""
    return [(workflow.name, workflow.records) for workflow in workflows() if workflow.records]


def read_id(text: str) -> str | None:
    """Read the one trace id in what a person typed, under any workflow's prefix; return it as the ledger stores it."""
    return read_trace_id(text, prefixes=_prefixes())


def read_ids(text: str) -> list[str]:
    """Read all ids in what a person typed, also those that were cut off."""
    return read_trace_ids(text, prefixes=_prefixes())


@cache
def _prefixes() -> tuple[str, ...]:
    return tuple(dict.fromkeys(("trace", *(workflow.id_prefix for workflow in workflows()))))
