"""Everything that our documents name exists: files, make targets, commands and their options."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def found(pattern: str, document: Path) -> set[str]:
    return set(re.findall(pattern, document.read_text(), re.MULTILINE))


def test_named_make_targets_exist() -> None:
    targets = found(r"^([a-z-]+):.*## ", ROOT / "Makefile")

    for document in DOCUMENTS:
        named = found(r"`make ([a-z-]+)", document) | found(r"^make ([a-z-]+)", document)
        assert named <= targets, document


def test_linked_files_exist() -> None:
    for document in DOCUMENTS:
        linked = found(r"\]\(([\w./-]+)\)", document)
        assert [path for path in linked if not (document.parent / path).exists()] == [], document


def test_shown_commands_have_valid_options() -> None:
    for document in DOCUMENTS:
        for command in found(r"^\.venv/bin/python manage\.py (.+)$", document):
            name, *options = command.split()
            loaded = load_command_class(get_commands()[name], name)
            assert loaded.create_parser("manage.py", name).parse_args(options), document


def test_mentioned_commands_exist() -> None:
    for document in DOCUMENTS:
        assert found(r"manage\.py ([a-z_]+)", document) <= get_commands().keys(), document
