"""What any of our documents names is there: files, make targets, commands and their options."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def found(pattern: str, document: Path) -> set[str]:
    return set(re.findall(pattern, document.read_text(), re.MULTILINE))


@pytest.fixture(params=DOCUMENTS, ids=[str(document.relative_to(ROOT)) for document in DOCUMENTS])
def document(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_every_make_target_it_names_exists(document: Path) -> None:
    named = found(r"`make ([a-z-]+)", document) | found(r"^make ([a-z-]+)", document)

    assert named <= found(r"^([a-z-]+):.*## ", ROOT / "Makefile")


def test_every_file_it_links_to_exists(document: Path) -> None:
    linked = found(r"\]\(([\w./-]+)\)", document)

    assert [path for path in linked if not (document.parent / path).exists()] == []


def test_every_manage_command_it_shows_takes_its_options(document: Path) -> None:
    for command in found(r"^\.venv/bin/python manage\.py (.+)$", document):
        name, *options = command.split()
        loaded = load_command_class(get_commands()[name], name)

        assert loaded.create_parser("manage.py", name).parse_args(options)


def test_every_command_it_mentions_exists(document: Path) -> None:
    assert found(r"manage\.py ([a-z_]+)", document) <= get_commands().keys()
