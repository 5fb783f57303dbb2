"""The database refuses a bad credential record from every client, by INSERT and by UPDATE."""

from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from rotation.faults import BLANKS, FAULTS
from rotation.guards import BAD_RECORD, GUARDS
from rotation.models import Credential

pytestmark = pytest.mark.django_db

GOOD: dict[str, Any] = {
    "account_id": "acct_10234",
    "item": "invoice-sync",
    "kind": "service_account_key",
    "state": "active",
    "issued_on": "2026-01-02",
    "issued_on_known": True,
    "source": "test",
    "observed_at": "2026-01-02 00:00:00",
    "gone": False,
}
UNKNOWN_DAY = {"issued_on": "0001-01-01", "issued_on_known": False}
RIGHT: dict[str, dict[str, Any]] = {
    "issued on the day of its observation": {},
    "an item of 3 characters": {"item": "abc"},
    "an item of 80 characters": {"item": "\N{GREEK SMALL LETTER ALPHA}" * 80},
    "a blank inside": {"item": "invoice sync"},
    "an unknown issue day": UNKNOWN_DAY,
}
WRONG: dict[str, dict[str, Any]] = {
    **{
        f"account {account}": {"account_id": account}
        for account in ("acct_1023", "acct_1023x", "Acct_10234", "acct-10234", "10234acct_", "acct_1023\u0664", "")
    },
    "an item of 2 characters": {"item": "ab"},
    "an item of 81 characters": {"item": "x" * 81},
    "only blanks": {"item": "   "},
    **{f"{blank!a} in front": {"item": f"{blank}invoice-sync"} for blank in BLANKS},
    **{f"{blank!a} at the end": {"item": f"invoice-sync{blank}"} for blank in BLANKS},
    "an unknown kind": {"kind": "ssh_key"},
    "an unknown state": {"state": "lost"},
    "issued after its observation": {"issued_on": "2026-01-03"},
    "a day that is said to be unknown": {"issued_on_known": False},
}


def execute(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def insert(**changes: Any) -> None:
    row = GOOD | changes
    columns, places = ", ".join(row), ", ".join("%s" for _ in row)
    execute(f"INSERT INTO rotation_credential ({columns}) VALUES ({places})", *row.values())  # noqa: S608


def update(**changes: Any) -> None:
    columns = ", ".join(f"{column} = %s" for column in changes)
    execute(f"UPDATE rotation_credential SET {columns}", *changes.values())  # noqa: S608


def refused() -> AbstractContextManager[object]:
    """Expect the guard's refusal, or PostgreSQL's own, which measures a column first."""
    both = ExitStack()
    both.enter_context(pytest.raises((IntegrityError, DataError), match=f"{BAD_RECORD}|too long"))
    both.enter_context(transaction.atomic())
    return both


def test_a_good_record_is_accepted_by_insert_and_by_update() -> None:
    for name, changes in RIGHT.items():
        insert(**changes | {"account_id": "acct_20468"})
        update(**GOOD | changes)
        assert Credential.objects.filter(item=(GOOD | changes)["item"]).exists(), name
        Credential.objects.all().delete()


def test_a_bad_record_is_refused_by_insert_and_by_update(subtests: pytest.Subtests) -> None:
    insert(account_id="acct_20468")

    for name, changes in WRONG.items():
        for write in (insert, update):
            with subtests.test(f"{name}, {write.__name__}"), refused():
                write(**changes)

    assert [*Credential.objects.values_list("account_id", "item")] == [("acct_20468", "invoice-sync")]


NO_DAYS = ["soon", "2026-02-30", "20260102", "-0001-01-02", "10000-01-01"]
NO_TIMES = [
    *("soon", "now", "2026-11-31 00:00:00", "2026-01-02 24:00:00", "2026-01-02", "2026-01-02 00:00", "20260102"),
    *(
        "2026-01-02T00:00:00",
        "2026-01-02 00:00:00+00:00",
        "2026-01-02 00:00:00Z",
        "2026-01-02 00:00:00.",
        "20000-01-01",
    ),
    *("2026-01-02 00:00:00.1.2", "2026-01-02 00:00:00..1", "2026-01-02 00:00:00.1234567", "2026-01-02 00:00:001"),
]
IS_SQLITE = connection.vendor == "sqlite"


def test_what_cannot_be_read_again_is_refused(subtests: pytest.Subtests) -> None:
    insert(account_id="acct_20468")
    days = NO_DAYS if IS_SQLITE else ["-infinity", "infinity", "0044-03-15 BC"]
    times = NO_TIMES if IS_SQLITE else ["infinity", "-infinity", "20000-01-01", "0044-03-15 BC"]

    for changes in ({"issued_on": day} for day in days), ({"observed_at": time} for time in times):
        for change in changes:
            for write in (insert, update):
                with subtests.test(f"{change}, {write.__name__}"), refused():
                    write(**{**change, "issued_on": change.get("issued_on", "0001-01-02")})


def test_every_spelling_of_ours_is_accepted() -> None:
    for time in ("2026-12-31 23:59:59", "2026-12-31 23:59:59.999999", "2026-12-31 23:59:59.5", "0001-01-02 00:00:00"):
        insert(observed_at=time, issued_on="0001-01-01")
        assert str(Credential.objects.get().observed_at).startswith(time)
        Credential.objects.all().delete()


def test_every_fault_of_a_record_has_its_part_in_the_guard() -> None:
    rows = {guard.event: guard.rows for guard in GUARDS if guard.table == "rotation_credential"}

    assert set(rows) == {"INSERT", "UPDATE"}
    assert all(sql.format("NEW.") in each for sql in FAULTS.values() for each in rows.values())


def test_blanks_are_those_that_are_stripped_from_what_a_customer_names() -> None:
    assert BLANKS.strip() == ""
    assert [char for char in map(chr, range(0x110000)) if char.isspace() and char not in BLANKS] == []
