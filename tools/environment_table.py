"""Write the table of variables in docs/deploy.md, from the class that checks them, in the order of `.env.example`."""

import re
from typing import Any

from config.environment import BASE_DIR, Environment

EXAMPLE = BASE_DIR / ".env.example"
DOCUMENT = BASE_DIR / "docs" / "deploy.md"
BEGIN, END = "<!-- environment: begin -->", "<!-- environment: end -->"
HEAD = ("| variable | takes | unless set |", "|---|---|---|")
# These hold a secret, although their types do not show it.
SECRET = {"database_url", "fingerprint_keys"}
NUMBERS = {"integer": "a whole number", "number": "a number"}
OTHERS = {"boolean": "`true` or `false`", "array": "a list, separated by commas"}


def rewritten(document: str) -> str:
    """:raises ValueError: a marker of the table is missing"""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"needs {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table(EXAMPLE.read_text())}{END}{after}"


def table(example: str) -> str:
    schema = Environment.model_json_schema()
    variables = re.findall(r"^([^#=\n]+)=(.*)$", example, re.MULTILINE)
    return "\n".join((*HEAD, *(_row(name, value, schema) for name, value in variables), ""))


def _row(name: str, value: str, schema: dict[str, Any]) -> str:
    field = name.lower()
    values = _values(field, schema["properties"].get(field, {}))
    default = "**must be set**" if field in schema["required"] else f"`{value}`" if value else "empty"
    return f"| `{name}` | {values} | {default} |"


def _values(field: str, part: dict[str, Any]) -> str:
    type_name = part.get("type", "")
    if field in SECRET or part.get("writeOnly"):
        return f"secret, {part['minLength']} characters or more" if "minLength" in part else "secret"
    if "anyOf" in part:
        return f"{_values(field, part['anyOf'][0])}, or empty"
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return " or ".join(f"`{value}`" for value in part["enum"])
    if type_name in NUMBERS:
        return f"{NUMBERS[type_name]}, {part['minimum']:,} to {part['maximum']:,}"
    return OTHERS.get(type_name, "text") + (f": `{part['pattern'].strip('^$')}`" if "pattern" in part else "")


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text()))
