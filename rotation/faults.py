"""
What makes a credential record bad, in SQL that SQLite and PostgreSQL read alike.

Guards refuse such a record from every client. One that is in the table all the same is named by `doctor` and by
`manage.py check`, and no decision is made by it.
"""

from django.db import connections

from rotation.contract import CredentialKind, CredentialState

TABLE = "rotation_credential"
# What is stripped from the item that a customer names.
BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
KINDS, STATES = (", ".join(f"'{value}'" for value in values) for values in (CredentialKind, CredentialState))
# SQL by what is wrong. `{0}` is a prefix of the columns. PostgreSQL compares in the session's time zone: ours is UTC.
FAULTS = {
    "needs an account id such as acct_10234": (
        "length({0}account_id) <> 10 OR substr({0}account_id, 1, 5) <> 'acct_'"
        " OR ltrim(substr({0}account_id, 6), '0123456789') <> ''"
    ),
    "needs an item of 3 to 80 characters without blanks at its ends": (
        f"length({{0}}item) NOT BETWEEN 3 AND 80 OR ltrim(rtrim({{0}}item, '{BLANKS}'), '{BLANKS}') <> {{0}}item"
    ),
    "needs a kind and a state that we know": f"{{0}}kind NOT IN ({KINDS}) OR {{0}}state NOT IN ({STATES})",
    # SQLite keeps any text in a column of dates.
    "needs a date of issue and a time of observation": (
        "(date({0}issued_on) = {0}issued_on AND date({0}observed_at) IS NOT NULL) IS NOT TRUE"
    ),
    "was issued after it was observed": "{0}issued_on > {0}observed_at",
}
FAULT = " ".join(("CASE", *(f"WHEN {sql.format('')} THEN '{fault}'" for fault, sql in FAULTS.items()), "END"))
# A list that is longer is cut off.
MOST = 20
BAD_RECORDS = f"SELECT id, {FAULT} FROM {TABLE} WHERE {FAULT} IS NOT NULL ORDER BY id LIMIT {MOST}"  # noqa: S608 - names of ours


def find_faults(using: str) -> list[str]:
    """Describe bad records, the oldest first. Before the first migration there is no table and none."""
    with connections[using].cursor() as cursor:
        if TABLE not in connections[using].introspection.table_names(cursor):
            return []
        cursor.execute(BAD_RECORDS)
        return [f"credential record {pk} {fault}" for pk, fault in cursor.fetchall()]
