"""Why PostgreSQL gives no connection, in our own words: its words may name users, databases and hosts."""

import re

import psycopg
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

NOT_THIS_USER = "Its pg_hba.conf does not let this user in from here."
TOO_MANY = "It has too many connections. Close some, or raise its max_connections."
NOBODY_LISTENS = "No server listens there: DATABASE_URL has a wrong host or port, or the server is not running."
UNKNOWN_HOST = "The host name in DATABASE_URL cannot be resolved."
UNREACHABLE = "The host does not answer: it is the wrong one, it is down, or a firewall is in between."
# A failed connection has no SQLSTATE, neither in psycopg nor in libpq. So its text is searched, and never shown.
REFUSALS = {
    r'database ".*" does not exist': "It has no such database. Create it, or correct DATABASE_URL.",
    r'role ".*" does not exist': "It has no such user. Create it, or correct DATABASE_URL.",
    "password authentication failed": "It refuses the user or the password of DATABASE_URL.",
    "no password supplied": "It asks for a password, and DATABASE_URL has none.",
    r"no pg_hba\.conf entry.*\[local\]": NOT_THIS_USER,
    r"no pg_hba\.conf entry.*no encryption": "It lets this user in over TLS, if at all: try sslmode=require.",
    r"pg_hba\.conf|authentication failed": NOT_THIS_USER,
    "too many connections": "It has too many connections of this user, or to this database.",
    "too many clients|connection slots": TOO_MANY,
    "does not support SSL": "DATABASE_URL asks for TLS, and the server has none.",
    "certificate": "Its TLS certificate is not trusted, or it does not trust ours.",
    "the database system is": "It is starting, stopping or recovering. Try again in a moment.",
    "Connection refused|No such file": NOBODY_LISTENS,
    "invalid .*(value|option)": "DATABASE_URL has an option that is not valid.",
    "(resolve|translate) host": UNKNOWN_HOST,
    "timeout|timed out|No route|unreachable": UNREACHABLE,
}
UNKNOWN = "It does not let us in. Its log says why."


def why_refused(database: BaseDatabaseWrapper = connection) -> str:
    """
    Connect once more and say what is in the way. Return "" if nothing is, and on SQLite.

    This uses no pool, because a pool says only that its time is over.
    """
    if database.vendor == "postgresql":
        try:
            psycopg.connect(**database.get_connection_params()).close()
        except UnicodeError:
            # A host's name that no name server takes.
            return UNKNOWN_HOST
        except psycopg.Error as fault:
            text = str(fault)
            return next((sentence for words, sentence in REFUSALS.items() if re.search(words, text)), UNKNOWN)
    return ""
