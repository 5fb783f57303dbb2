"""
The table of every variable in docs/deploy.md, made of the class that checks them and the words of `.env.example`.

`make environment-table` renews it, and a test holds the three together.
"""

from collections.abc import Iterator
from typing import Any

from config.environment import BASE_DIR, Environment

EXAMPLE = BASE_DIR / ".env.example"
DOCUMENT = BASE_DIR / "docs" / "deploy.md"
BEGIN, END = "<!-- environment: begin -->", "<!-- environment: end -->"
HEAD = ("| variable | takes | unless set | what it is for |", "|---|---|---|---|")
# Their types do not say that they hold a secret.
SECRET = {"database_url", "fingerprint_keys"}
NUMBERS = {"integer": "a whole number", "number": "a number"}
OTHERS = {"boolean": "`true` or `false`", "array": "a list, separated by commas"}


def rewritten(document: str) -> str:
    """
    Put a fresh table between the two markers, and leave the rest as it is.

    :raises ValueError: where a marker is missing
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"needs {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table(EXAMPLE.read_text())}{END}{after}"


def table(example: str) -> str:
    """Describe each variable in the example's order, a line each."""
    return "".join(f"{line}\n" for line in [*HEAD, *_rows(example)])


def _rows(example: str) -> Iterator[str]:
    """Read comments as the words of the variable that follows; a heading or an empty line ends them."""
    schema, words = Environment.model_json_schema(), list[str]()
    for line in example.splitlines():
        if line.startswith("# ") and not line.startswith("# ---"):
            words.append(line.removeprefix("# "))
            continue
        name, equals, value = line.partition("=")
        if equals:
            yield _row(name, value, " ".join(words), schema)
        words.clear()


def _row(name: str, value: str, words: str, schema: dict[str, Any]) -> str:
    field = name.lower()
    takes = _takes(field, schema["properties"].get(field, {}))
    default = "**must be set**" if field in schema["required"] else f"`{value}`" if value else "empty"
    return f"| `{name}` | {takes} | {default} | {words} |"


def _takes(field: str, part: dict[str, Any]) -> str:
    """Say what kind of value a variable takes and within which bounds; a path or name without any is a text."""
    kind = part.get("type", "")
    if field in SECRET or part.get("writeOnly"):
        return f"secret, {part['minLength']} characters or more" if "minLength" in part else "secret"
    if "anyOf" in part:
        return f"{_takes(field, part['anyOf'][0])}, or empty"
    if "enum" in part:
        return " or ".join(f"`{value}`" for value in part["enum"])
    if kind in NUMBERS:
        return f"{NUMBERS[kind]}, {part['minimum']:,} to {part['maximum']:,}"
    return OTHERS.get(kind, "text") + (f": `{part['pattern'].strip('^$')}`" if "pattern" in part else "")


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text()))
