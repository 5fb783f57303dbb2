"""
What a migration may do while the previous release still serves, or may have to serve again: widen, and nothing else.

A migration that takes away what the previous release no longer uses, or demands what it already keeps to, names the
first release of which that is true: `contracts_after = "0.3.0"` on its class. It passes once that release, or a later
one, is the previous one.
"""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Field

from config.environment import BASE_DIR

Node = tuple[str, str]
# An app's label and a model's name in lower case.
Tables = set[tuple[str, str]]

HARMLESS = (
    operations.CreateModel,
    operations.AddIndex,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.RemoveConstraint,
    operations.AlterConstraint,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterModelTableComment,
)


def judge_since(released: tuple[Node, ...], *, version: str) -> dict[str, list[str]]:
    """Name what the release of these last migrations could not live with, by the migration that does it."""
    graph = MigrationLoader(None).graph
    known = {node for last in released for node in graph.forwards_plan(last)}
    state = graph.make_state(sorted(known))
    tables = set(state.models)
    judged: dict[str, list[str]] = {}
    for node in [node for leaf in graph.leaf_nodes() for node in graph.forwards_plan(leaf)]:
        if node not in known:
            known.add(node)
            found = [*complaints(graph.nodes[node], state, tables, version=version)] if _is_ours(node) else []
            judged |= {"/".join(node): found} if found else {}
            state = graph.nodes[node].mutate_state(state)
    return judged


def complaints(migration: Migration, state: ProjectState, tables: Tables, *, version: str) -> Iterator[str]:
    """
    Say what each operation would break for code that knows these tables; `state` is what the migration starts from.

    Tables that came later may be treated in any way. It is not seen that a foreign key of a new table
    keeps old code from deleting what it points at.
    """
    contracts_after = getattr(migration, "contracts_after", None)
    if contracts_after and _numbers(contracts_after) <= _numbers(version):
        return
    state = state.clone()
    for operation in migration.operations:
        model = getattr(operation, "model_name", None) or getattr(operation, "name", None)
        on_new_table = isinstance(model, str) and (migration.app_label, model.lower()) not in tables
        complaint = None if on_new_table else _complaint(operation, migration.app_label, state)
        if complaint:
            yield f"{operation.describe()}: {complaint}"
        operation.state_forwards(migration.app_label, state)


def _complaint(operation: Operation, app_label: str, state: ProjectState) -> str | None:
    if isinstance(operation, operations.RunPython):
        return None if operation.reversible else "cannot be undone: give it a reverse_code"
    if isinstance(operation, operations.RunSQL):
        return None if operation.hints.get("harmless") else 'say why in hints={"harmless": "…"}'
    if isinstance(operation, operations.AlterField):
        old = state.models[app_label, operation.model_name_lower].fields[operation.name]
        return _narrowing(old, operation.field)
    if isinstance(operation, operations.AddField):
        return _demand(operation.field)
    return None if isinstance(operation, HARMLESS) else "is no mere addition: see contracts_after"


def _demand(field: Field) -> str | None:
    """Say why a row that was written without the new column would be refused."""
    if field.null or field.many_to_many or field.generated:
        return None
    if not field.has_db_default():
        return "needs null=True or a db_default, for old code does not write it"
    return "is unique: a second row with its default would be refused" if field.unique else None


def _narrowing(old: Field, new: Field) -> str | None:
    """Say what the column held, or did without, until now."""
    lost = {
        "has another type": type(old) is not type(new),
        "has another column": old.db_column != new.db_column,
        "refuses NULL": old.null and not new.null,
        "becomes unique": new.unique and not old.unique,
        "becomes shorter": _length(new) < _length(old),
        "loses its db_default": old.has_db_default() and not new.has_db_default(),
    }
    return ", ".join(name for name, is_so in lost.items() if is_so) or None


def _length(field: Field) -> float:
    return field.max_length or float("inf")


def _is_ours(node: Node) -> bool:
    return Path(apps.get_app_config(node[0]).path).parent == BASE_DIR


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
