"""Find the calls of a name in the product's code, and read their arguments as text."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from types import ModuleType

from config.environment import BASE_DIR

NOT_PRODUCT = {"bench", "tests", "tools"}


def calls(name: str, filled: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """
    Yield the arguments of each call.

    An expression that is not known before it runs becomes its last name in braces, or what `filled` has for that name.
    """
    packages = sorted(path.parent for path in BASE_DIR.glob("*/__init__.py") if path.parent.name not in NOT_PRODUCT)
    for path in (path for package in packages for path in sorted(package.rglob("*.py"))):
        text = path.read_text()
        if f"{name}(" in text:
            yield from _calls_in(ast.parse(text), name, Reader(_module(path), filled))


def _module(path: Path) -> ModuleType:
    return import_module(".".join(path.relative_to(BASE_DIR).with_suffix("").parts))


def _calls_in(tree: ast.Module, name: str, reader: "Reader") -> Iterator[tuple[str, ...]]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    # An inner function is walked after its outer one, so the innermost is kept.
    scopes: dict[ast.AST, ast.AST] = {node: function for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            details = [keyword.value for keyword in node.keywords if keyword.arg == "detail"]
            yield tuple(reader.read(each, scopes.get(node, tree)) for each in (*node.args, *details))


@dataclass(frozen=True)
class Reader:
    module: ModuleType
    filled: Mapping[str, str]

    def read(self, node: ast.AST, scope: ast.AST) -> str:
        match node:
            case ast.Constant(value=value):
                return str(value)
            case ast.JoinedStr(values=values):
                return "".join(self.read(each, scope) for each in values)
            case ast.FormattedValue(value=value):
                return self.read(value, scope)
            case ast.Name(id=name) if assigned := _assigned(name, scope, before=node.lineno):
                return self.read(assigned, scope)
            case ast.Name(id=name) if isinstance(value := getattr(self.module, name, None), str):
                return value
        name = _last_name(node)
        return name if name in HTTPStatus.__members__ else self.filled.get(name, f"{{{name}}}")


def _assigned(name: str, scope: ast.AST, *, before: int) -> ast.expr | None:
    """Return the text that a name is set to last before a line, alone or beside others."""
    found = [
        value
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign) and node.lineno < before
        for target, value in _pairs(node)
        if isinstance(target, ast.Name) and target.id == name and isinstance(value, ast.Constant | ast.JoinedStr)
    ]
    return max(found, key=lambda value: value.lineno, default=None)


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=True)
        else:
            yield target, node.value


def _last_name(node: ast.AST) -> str:
    """Return `result` for `workflow.words.result.lower()`, `verdicts` for `", ".join(verdicts)`."""
    match node:
        case ast.Call(func=ast.Attribute(attr="join") | ast.Name(id="len"), args=[ast.Name(id=name)]):
            return name
        case ast.Call(func=function):
            return _last_name(function)
        case ast.Attribute(attr="lower", value=inner):
            return _last_name(inner)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return "…"
