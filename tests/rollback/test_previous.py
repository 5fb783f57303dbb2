"""What is written down of the previous release is what its code says."""

import tomllib

from tests.rollback import previous
from tests.rollback.releases import Release


def test_the_commit_is_of_that_version(old: Release) -> None:
    project = tomllib.loads((old.root / "pyproject.toml").read_text())["project"]

    assert project["version"] == previous.VERSION


def test_its_last_migrations_are_named(old: Release) -> None:
    migrations = sorted(path.relative_to(old.root) for path in old.root.glob("*/migrations/0*.py"))

    last = {path.parts[0]: path.stem for path in migrations}

    assert sorted(last.items()) == sorted(previous.MIGRATIONS)


def test_no_migration_of_it_was_edited_or_removed(old: Release, new: Release) -> None:
    released = [path.relative_to(old.root) for path in old.root.glob("*/migrations/*.py")]

    kept = {path: (new.root / path).exists() and (new.root / path).read_bytes() for path in released}

    assert [str(path) for path in released if kept[path] != (old.root / path).read_bytes()] == []
