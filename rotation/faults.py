"""
What makes a credential record bad, in SQL that SQLite and PostgreSQL read alike but for the spelling of a time.

Guards refuse such a record from every client. One that is in the table all the same is named by `doctor` and by
`manage.py check`, and no decision is made by it.
"""

from django.db import connections

from rotation.contract import CredentialKind, CredentialState

TABLE = "rotation_credential"
# What is stripped from the item that a customer names.
BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
KINDS, STATES = (", ".join(f"'{value}'" for value in values) for values in (CredentialKind, CredentialState))
# What Python can read. SQLite keeps any text. A time of ours is 2026-01-02 03:04:05, with a fraction or without.
DAYS = "BETWEEN '0001-01-01' AND '9999-12-31'"
ON_SQLITE = """
({0}issued_on = date({0}issued_on, '+0 days')
 AND substr({0}observed_at, 1, 19) = datetime(substr({0}observed_at, 1, 19), '+0 days')
 AND (length({0}observed_at) = 19 OR length({0}observed_at) < 27 AND substr({0}observed_at, 20) GLOB '.[0-9]*'
      AND ltrim(substr({0}observed_at, 21), '0123456789') = '')) IS NOT TRUE
"""
NO_DATE = "needs a date of issue and a time of observation"
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
    NO_DATE: f"({{0}}issued_on {DAYS} AND {{0}}observed_at {DAYS}) IS NOT TRUE",
    "was issued after it was observed": "{0}issued_on > {0}observed_at",
}
FAULTS_BY_VENDOR = {"postgresql": FAULTS, "sqlite": FAULTS | {NO_DATE: f"{FAULTS[NO_DATE]} OR {ON_SQLITE}"}}
FAULT = {
    vendor: " ".join(("CASE", *(f"WHEN {sql.format('')} THEN '{fault}'" for fault, sql in faults.items()), "END"))
    for vendor, faults in FAULTS_BY_VENDOR.items()
}
# A list that is longer is cut off.
MOST = 20


def find_faults(using: str) -> list[str]:
    """Describe bad records, the oldest first. Before the first migration there is no table and none."""
    with connections[using].cursor() as cursor:
        if TABLE not in connections[using].introspection.table_names(cursor):
            return []
        fault = FAULT[connections[using].vendor]
        cursor.execute(f"SELECT id, {fault} FROM {TABLE} WHERE {fault} IS NOT NULL ORDER BY id LIMIT {MOST}")  # noqa: S608 - names of ours
        return [f"credential record {pk} {fault}" for pk, fault in cursor.fetchall()]
