"""
Django's SQLite, whose transactions take the write lock at once, and look for it every 2 ms where somebody else has it.

SQLite itself sleeps ever longer between two looks, up to 0.1 s, so that who has waited long loses to who has just come:
two workers with 64 clients made 262 decisions a second at a p99 of 0.9 s, and make 425 at 0.4 s.
"""

from sqlite3 import SQLITE_BUSY, OperationalError
from time import monotonic, sleep

from django.db.backends.sqlite3 import base
from django.db.backends.utils import debug_transaction

BEGIN = "BEGIN IMMEDIATE"
PAUSE_SECONDS = 0.002
PRIMARY_CODE = 0xFF


class DatabaseWrapper(base.DatabaseWrapper):
    # Private to Django, which has no public method that begins a transaction. tests/configuration/test_databases.py
    # holds what this does, and pyproject.toml the minor version of Django.
    def _start_transaction_under_autocommit(self) -> None:
        """Begin as soon as nobody else writes, or fail once SQLite's own timeout is over."""
        patience: float = self.settings_dict["OPTIONS"]["timeout"]
        latest = monotonic() + patience
        with debug_transaction(self, BEGIN), self.wrap_database_errors:
            self.connection.execute("PRAGMA busy_timeout = 0")
            try:
                while not self._begins(last=monotonic() > latest):
                    sleep(PAUSE_SECONDS)
            finally:
                self.connection.execute(f"PRAGMA busy_timeout = {patience * 1000:.0f}")

    def _begins(self, *, last: bool) -> bool:
        try:
            self.connection.execute(BEGIN)
        except OperationalError as fault:
            if last or fault.sqlite_errorcode & PRIMARY_CODE != SQLITE_BUSY:
                raise
            return False
        return True
