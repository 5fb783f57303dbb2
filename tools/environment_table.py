"""
Write the table of variables in docs/deploy.md, from the class that checks them and the comments of `.env.example`.

`make environment-table` runs this, and a test checks that the three agree.
"""

from collections.abc import Iterator
from typing import Any

from config.environment import BASE_DIR, Environment

EXAMPLE = BASE_DIR / ".env.example"
DOCUMENT = BASE_DIR / "docs" / "deploy.md"
BEGIN, END = "<!-- environment: begin -->", "<!-- environment: end -->"
HEAD = ("| variable | takes | unless set | what it is for |", "|---|---|---|---|")
# These hold a secret, although their types do not show it.
SECRET = {"database_url", "fingerprint_keys"}
NUMBERS = {"integer": "a whole number", "number": "a number"}
OTHERS = {"boolean": "`true` or `false`", "array": "a list, separated by commas"}


def rewritten(document: str) -> str:
    """
    Replace the table between the two markers.

    :raises ValueError: if a marker is missing
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"needs {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table(EXAMPLE.read_text())}{END}{after}"


def table(example: str) -> str:
    """Return a line for each variable, in the order of the example."""
    return "".join(f"{line}\n" for line in [*HEAD, *_rows(example)])


def _rows(example: str) -> Iterator[str]:
    """Read a comment as the description of the next variable; a heading or an empty line ends it."""
    schema, comment = Environment.model_json_schema(), list[str]()
    for line in example.splitlines():
        if line.startswith("# ") and not line.startswith("# ---"):
            comment.append(line.removeprefix("# "))
            continue
        name, equals, value = line.partition("=")
        if equals:
            yield _row(name, value, " ".join(comment), schema)
        comment.clear()


def _row(name: str, value: str, description: str, schema: dict[str, Any]) -> str:
    field = name.lower()
    values = _values(field, schema["properties"].get(field, {}))
    default = "**must be set**" if field in schema["required"] else f"`{value}`" if value else "empty"
    return f"| `{name}` | {values} | {default} | {description} |"


def _values(field: str, part: dict[str, Any]) -> str:
    """Describe the values that a variable takes, with their bounds. A type without bounds is a text."""
    type_name = part.get("type", "")
    if field in SECRET or part.get("writeOnly"):
        return f"secret, {part['minLength']} characters or more" if "minLength" in part else "secret"
    if "anyOf" in part:
        return f"{_values(field, part['anyOf'][0])}, or empty"
    if "enum" in part:
        return " or ".join(f"`{value}`" for value in part["enum"])
    if type_name in NUMBERS:
        return f"{NUMBERS[type_name]}, {part['minimum']:,} to {part['maximum']:,}"
    return OTHERS.get(type_name, "text") + (f": `{part['pattern'].strip('^$')}`" if "pattern" in part else "")


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text()))
