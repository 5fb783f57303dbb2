"""`import_owners`: the links from owners to accounts, by a CSV."""

from pathlib import Path

import pytest
from django.db import connection

from rotation.models import CredentialImport, CredentialOwner
from tests.commands.conftest import Ran, database_that_fails, run
from tests.imports.observing import AWS, link

pytestmark = pytest.mark.django_db
HEADER = "source,owner,account_id,kind"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "owners.csv"


def import_owners(file: Path, *lines: str) -> Ran:
    file.write_text("\n".join((HEADER, *lines)))
    return run("import_owners", str(file))


def test_owners_are_linked_and_linked_anew(file: Path) -> None:
    link("ada", account_id="acct_10001")
    link("bot", account_id="acct_10002")
    lines = [f"{AWS},{owner},acct_2000{number},api_token" for number, owner in enumerate(("bot", '"carol, c."'))]

    ran, again = import_owners(file, *lines), import_owners(file, *lines)

    assert (ran.code, ran.out) == (0, "1 added, 1 changed, 0 unchanged\n")
    assert (again.code, again.out) == (0, "0 added, 0 changed, 2 unchanged\n")
    assert {*CredentialOwner.objects.values_list("owner", "account_id", "kind")} == {
        ("ada", "acct_10001", "service_account_key"),
        ("bot", "acct_20000", "api_token"),
        ("carol, c.", "acct_20001", "api_token"),
    }
    latest = CredentialImport.objects.latest("pk")
    assert (latest.format, latest.sources, latest.unchanged) == ("owners", [AWS], 2)


def test_exported_links_are_as_they_are_imported(file: Path) -> None:
    link("bot", account_id="acct_10001")
    for owner in ('carol, "c."', "=1+1", "+a", "-b", "@c", "'=2", "'d"):
        link(owner, account_id="acct_10002")

    exported = run("export_owners").out
    again = import_owners(file, *exported.splitlines()[1:])

    assert f"{HEADER}\r\n{AWS},'" in exported
    assert f"{AWS},bot,acct_10001,service_account_key\r\n" in exported
    assert again.out == "0 added, 0 changed, 8 unchanged\n"


def test_owners_may_be_in_utf_16(file: Path) -> None:
    file.write_bytes(f"{HEADER}\n{AWS},bot,acct_10001,other\n".encode("utf-16"))

    assert run("import_owners", str(file)).out == "1 added, 0 changed, 0 unchanged\n"


def test_bad_lines_are_listed_and_nothing_is_linked(file: Path) -> None:
    good = f"{AWS},bot,acct_10001,other"

    ran = import_owners(file, good, good, f"{AWS},,acct_1,king", f"{AWS}, bot ,acct_10001,other", "aws", f"{good},more")

    assert ran.code == 1
    assert ran.err.splitlines() == [
        f"{file}, line 3: An earlier line links this owner: remove one of them.",
        f"{file}, line 4: Missing or not understood: owner, account_id, kind.",
        f"{file}, line 5: Missing or not understood: owner.",
        f"{file}, lines 6, 7: This line has more or fewer values than the first line has names.",
        "Lines were refused. Nothing was changed.",
    ]
    assert not CredentialOwner.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", ": This file is empty. Get it again."),
        (b"owner,kind\n", ", line 1: Expected values separated by commas, with the names of the columns in the first"),
        (b"\xff", ": This is neither UTF-8 nor UTF-16 with a byte order mark. Save it as UTF-8."),
        (f'{HEADER}\n"a"b'.encode(), ", line 2: This is not valid CSV from this line on, or it is cut off."),
    ],
)
def test_file_that_is_no_table_of_owners_is_refused(file: Path, content: bytes, sentence: str) -> None:
    file.write_bytes(content)

    ran = run("import_owners", str(file))

    assert ran.code == 2
    assert ran.err.startswith(f"{file}{sentence}")
    assert ran.err.endswith("Nothing was changed.")


def test_file_that_cannot_be_read_is_refused_by_name(file: Path) -> None:
    ran = run("import_owners", str(file))

    assert (ran.code, ran.err) == (2, f"{file} cannot be read: No such file or directory. Nothing was changed.")


def test_failing_database_is_named(file: Path) -> None:
    with connection.execute_wrapper(database_that_fails):
        ran = import_owners(file, f"{AWS},bot,acct_10001,other")

    assert (ran.code, ran.err) == (2, "The ledger failed (OperationalError). Nothing was changed.")
