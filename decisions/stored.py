"""Read the facts and the answer of a row, validated by its workflow."""

from typing import TypeVar

from pydantic_core import to_json

from decisions.contract import Contract, Facts
from decisions.registry import find_workflow
from traces.models import TraceRecord

Shape = TypeVar("Shape", bound=Contract)


class UnreadableRow(Exception):
    """The row holds a value that its workflow does not know, or its workflow is not registered."""


def facts_of(trace: TraceRecord) -> Facts | None:
    """
    Return the trusted facts of a trace, None where no record was found. Rows of 0.2.0 have them in the old columns.

    :raises UnreadableRow:
    """
    workflow = find_workflow(trace.workflow)
    if workflow is None:
        raise UnreadableRow
    stored = trace.facts
    if stored is None and workflow.old_columns:
        stored = workflow.old_columns.read(trace)
    return None if stored is None else validated(workflow.facts, stored)


def readable_facts(trace: TraceRecord) -> Facts | None:
    """Return the trusted facts for a page, None also where this release cannot read them."""
    try:
        return facts_of(trace)
    except UnreadableRow:
        return None


def answer_of(trace: TraceRecord) -> Contract:
    """
    Return the closed fields of the model's answer.

    :raises UnreadableRow: also for a trace without an answer in the shape that was asked for
    """
    workflow = find_workflow(trace.workflow)
    prompt = workflow.prompts.get(trace.prompt_version) if workflow else None
    if prompt is None:
        raise UnreadableRow
    return validated(prompt.closed_answer, trace.answer)


def validated(shape: type[Shape], stored: object) -> Shape:
    """
    Validate what the ledger holds or gets, as JSON: only there does a strict shape accept an enum's value.

    :raises UnreadableRow:
    """
    try:
        return shape.model_validate_json(to_json(stored))
    except ValueError:
        raise UnreadableRow from None
