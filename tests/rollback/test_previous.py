"""The facts about the previous release agree with its code."""

import tomllib
from pathlib import Path

from tests.rollback import previous
from tests.rollback.releases import Release


def test_commit_has_the_named_version(old: Release) -> None:
    project = tomllib.loads((old.root / "pyproject.toml").read_text())["project"]

    assert project["version"] == previous.VERSION


def test_last_migrations_of_the_old_release_are_named(old: Release) -> None:
    migrations = sorted(path.relative_to(old.root) for path in old.root.glob("*/migrations/0*.py"))

    last = {path.parts[0]: path.stem for path in migrations}

    assert sorted(last.items()) == sorted(previous.MIGRATIONS)


# It made the roles. Now every migrate synchronises them, so this migration is empty.
EMPTIED = {Path("config/migrations/0001_roles.py")}


def test_no_released_migration_was_edited_or_removed(old: Release, new: Release) -> None:
    released = [path.relative_to(old.root) for path in old.root.glob("*/migrations/*.py")]

    current = {path: (new.root / path).exists() and (new.root / path).read_bytes() for path in released}

    edited = {path for path in released if current[path] != (old.root / path).read_bytes()}
    assert edited == EMPTIED
