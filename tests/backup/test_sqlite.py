"""The documented way to back up SQLite."""

import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from config.environment import BASE_DIR

pytestmark = pytest.mark.any_database


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3 here (apt install sqlite3)")
def test_only_the_owner_can_read_a_backup(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as ledger:
        ledger.execute("CREATE TABLE kept (id integer)")
    [command] = re.findall(r"^.*sqlite3 db\.sqlite3 .*$", (BASE_DIR / "docs" / "deploy.md").read_text(), re.MULTILINE)

    subprocess.run(["sh", "-c", f"umask 022; {command}"], cwd=tmp_path, check=True)

    backup = tmp_path / "ledger.sqlite3"
    assert backup.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT name FROM sqlite_master").fetchall() == [("kept",)]
