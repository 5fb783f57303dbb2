"""Turn DATABASE_URL into Django's database settings."""

from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

# synchronous=FULL: a customer who got an answer must find its row even after a power cut, so each commit waits for the
# disk. A write takes three times as long as with NORMAL. A busy site runs on PostgreSQL, which waits for its disk, too.
# secure_delete=ON: a deleted row is overwritten, as a deleted ticket must be.
# temp_store=MEMORY: SQLite keeps a journal of each statement that a trigger could refuse. As a file in TMPDIR, it would
# cost time for each row, and a full TMPDIR would refuse the row.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
    " PRAGMA temp_store=MEMORY;"
)
BUSY_TIMEOUT_SECONDS = 20
# PostgreSQL logs the text of a failing statement. Bound by the server, the values are not in it.
BINDING = {"server_side_binding": True}
CONNECT_TIMEOUT_SECONDS = 5
# A connection to a server that vanished ends after this time, and not after the system's 15 minutes. An idle connection
# is probed every 30 seconds, which also keeps it open through a firewall.
LOST_PEER_MS = 10_000
KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 5, "tcp_user_timeout": LOST_PEER_MS}

# libpq's names, and Django's names for the same settings.
DJANGO_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def database_from_url(url: str, *, base_dir: Path) -> dict[str, Any]:
    """
    Read `sqlite:///relative/path`, `sqlite:////absolute/path` or any `postgresql://` address that libpq reads.

    :raises ValueError: without repeating the address, which may hold a password
    """
    scheme, separator, rest = url.partition("://")
    if scheme == "sqlite" and len(rest) > 1 and rest.startswith("/"):
        return {
            "ENGINE": "config.sqlite",
            "NAME": str(base_dir / rest[1:]),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"timeout": BUSY_TIMEOUT_SECONDS, "init_command": SQLITE_PRAGMAS},
        }
    if separator and scheme in {"postgresql", "postgres"}:
        return _postgresql(url)
    raise ValueError("must be sqlite:///path or postgresql://user:password@host/name")


def _postgresql(url: str) -> dict[str, Any]:
    try:
        parts = {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    except ProgrammingError:
        raise ValueError("is not an address that PostgreSQL's client understands") from None
    if not parts.get("dbname"):
        raise ValueError("names no database")
    named = {DJANGO_NAMES[name]: parts.pop(name) for name in DJANGO_NAMES if name in parts}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **named,
        "OPTIONS": {"connect_timeout": CONNECT_TIMEOUT_SECONDS, **KEEPALIVE, **BINDING, **parts},
    }
