"""Clerks upload an inventory in the admin: what would change is shown first, and nothing is stored before."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from rotation.imports import apply, pages
from rotation.imports.formats import FORMATS
from rotation.imports.forms import LARGEST_UPLOAD_BYTES, TOO_LARGE
from rotation.imports.pages import CHANGED, TOO_MANY, TOO_OLD
from rotation.models import Credential, CredentialImport, CredentialOwner
from tests.conftest import Response
from tests.imports.observing import AWS, COLUMNS, link, read_test_format
from tests.operators.conftest import PAGE, Visitors, visitors

__all__ = ["visitors"]

pytestmark = pytest.mark.any_database

IMPORT, RECORDS = "/admin/rotation/credential/import/", "/admin/rotation/credential/"
LINE = f"{AWS},bot,bot/1,active,2026-06-20T10:00:00+00:00"


@pytest.fixture(autouse=True)
def test_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "test", read_test_format)


@pytest.fixture
def clerk(visitors: Visitors) -> Client:
    return visitors["records clerk"]


def send(client: Client, *lines: str, name: str = "report.csv", **fields: str) -> Response:
    file = SimpleUploadedFile(name, "\n".join((COLUMNS, *lines)).encode())
    return client.post(IMPORT, {"format": "test", "inventory": [file], **fields}, headers={"Accept": PAGE})


def confirm(client: Client, shown: Response) -> Response:
    [signed] = re.findall(r'name="upload" value="([^"]+)"', shown.text)
    return client.post(IMPORT, {"upload": signed})


def test_clerk_sees_what_would_change_and_then_imports_it(clerk: Client) -> None:
    link()

    shown = send(clerk, LINE, LINE.replace("bot/1", "bot/2"))

    assertContains(shown, "2 added")
    assertContains(shown, "added: acct_10001 / bot/1, active (new)")
    assertContains(shown, "Read for a test.")
    assert not Credential.objects.exists()
    assert not CredentialImport.objects.exists()

    imported = confirm(clerk, shown)

    assertContains(clerk.get(imported["Location"]), "Imported: 2 added, 0 changed, 0 disabled, 0 unchanged, 0 refused.")
    assert Credential.objects.count() == 2
    assert CredentialImport.objects.get().imported_by == "records clerk"
    assert {entry.user.get_username() for entry in LogEntry.objects.all()} == {"records clerk"}


def test_refused_lines_are_shown_and_stop_the_import(clerk: Client) -> None:
    shown = send(clerk, *(LINE.replace("bot/1", f"bot/{number}") for number in range(102)))

    assertContains(shown, "report.csv, lines 2, 3, 4, 5, ")
    assertContains(shown, "20, 21 and 82 more: This owner is linked to no account")
    assertContains(shown, "Nothing can be imported while lines are refused.")
    assertNotContains(shown, 'value="Import"')


def test_clerk_leaves_refused_lines_out_names_the_scope_and_links_owners(clerk: Client) -> None:
    fields = {"skip_refused": "on", "kind": "api_token", "scope": "aws:scope", "partial": "on"}

    confirm(clerk, send(clerk, LINE, LINE.replace("active", "odd"), **fields))

    record = Credential.objects.get()
    assert (record.account_id, record.source, record.kind) == ("acct_00001", "aws:scope", "api_token")
    assert CredentialOwner.objects.get().owner == "bot"


def test_form_says_what_is_wrong_with_it(clerk: Client) -> None:
    empty = clerk.post(IMPORT, {"format": "", "kind": "king"})
    wrong = clerk.post(IMPORT, {"format": "test", "inventory": [SimpleUploadedFile("x", b"something else")]})

    assert (empty.status_code, wrong.status_code) == (422, 422)
    assertContains(empty, "Choose one or more files.", status_code=422)
    assertContains(empty, "<title>Error: Import credential records", status_code=422)
    assertContains(wrong, "x: It is no inventory.", status_code=422)


def test_upload_has_bounds(clerk: Client) -> None:
    many = [LINE.replace("bot/1", f"bot/{number}") for number in range(5_001)]

    large = send(clerk, "x" * LARGEST_UPLOAD_BYTES)
    lines = send(clerk, *many)

    assertContains(large, TOO_LARGE, status_code=422)
    assertContains(clerk.get(lines["Location"]), TOO_MANY)
    body = {"format": "test", "inventory": [SimpleUploadedFile("x", b"." * (LARGEST_UPLOAD_BYTES + 70_000))]}
    assert clerk.post(IMPORT, body).status_code == 413


def test_file_that_hardly_compresses_is_for_the_command(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LARGEST_UPLOAD_BYTES", 100)

    assertContains(clerk.get(send(clerk, LINE)["Location"]), TOO_LARGE)


@pytest.mark.parametrize("name", ["anonymous", "plain user", "staff", "operator", "engineer"])
def test_others_may_send_neither_a_file_nor_a_large_body(visitors: Visitors, name: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies.update(visitors[name].cookies)
    strict.cookies["csrftoken"] = "x" * 32

    # The protection against forgery reads the body.
    assert send(strict, LINE).status_code == 400
    assert strict.post(IMPORT, {"upload": "." * 70_000}).status_code == 413


def test_clerk_who_may_not_change_records_imports_none(visitors: Visitors) -> None:
    assert visitors["operator"].get(IMPORT).status_code == 403
    assertNotContains(visitors["operator"].get(RECORDS), IMPORT)
    assertContains(visitors["records clerk"].get(RECORDS), IMPORT)


def test_page_is_protected_against_forgery(clerk: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies.update(clerk.cookies)

    assert send(strict, LINE).status_code == 403
    page = strict.get(IMPORT)
    tokens = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert send(strict, LINE, csrfmiddlewaretoken=tokens[-1]).status_code == 200


def test_import_that_would_change_something_else_is_shown_again(clerk: Client) -> None:
    link()
    shown = send(clerk, LINE)
    Credential.objects.create(
        account_id="acct_10001", item="bot/1", kind="other", state="active", issued_on="2020-01-01", source=AWS,
        observed_at=timezone.now() - timedelta(days=999),
    )  # fmt: skip

    again = confirm(clerk, shown)

    assertContains(again, CHANGED)
    assertContains(again, "1 changed")
    assert Credential.objects.get().kind == "other"
    assertRedirects(confirm(clerk, again), RECORDS)
    assert Credential.objects.get().kind == "service_account_key"


def test_import_of_as_many_other_records_is_shown_again(clerk: Client) -> None:
    owner = link()
    shown = send(clerk, LINE)
    CredentialOwner.objects.filter(pk=owner.pk).update(account_id="acct_10009")

    again = confirm(clerk, shown)

    assertContains(again, CHANGED)
    assertContains(again, "added: acct_10009 / bot/1, active (new)")
    assert not Credential.objects.exists()


def test_clerk_who_may_not_link_owners_assigns_none(clerk: Client) -> None:
    may_link = Permission.objects.get(codename="add_credentialowner")
    for group in Group.objects.all():
        group.permissions.remove(may_link)

    assert send(clerk, LINE, kind="other").status_code == 403
    assert send(clerk, LINE).status_code == 200


def test_import_that_cannot_be_made_now_can_be_confirmed_again(
    clerk: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    link()
    shown = send(clerk, LINE)
    with monkeypatch.context() as busy:
        busy.setattr(apply, "TRY_LOCK", dict.fromkeys(apply.TRY_LOCK, "SELECT 1 = 2"))
        refused = confirm(clerk, shown)

    assertContains(refused, apply.ANOTHER_RUNS)
    assertRedirects(confirm(clerk, refused), RECORDS)


def test_only_ones_own_fresh_preview_is_confirmed(visitors: Visitors, monkeypatch: pytest.MonkeyPatch) -> None:
    link()
    shown = send(visitors["records clerk"], LINE)

    def refused(name: str, response: Response) -> None:
        assertContains(visitors[name].get(response["Location"]), TOO_OLD)

    refused("superuser", confirm(visitors["superuser"], shown))
    refused("records clerk", visitors["records clerk"].post(IMPORT, {"upload": "x"}))
    monkeypatch.setattr(pages, "PREVIEW_SECONDS", -1)
    refused("records clerk", confirm(visitors["records clerk"], shown))
    assert not Credential.objects.exists()


def test_hostile_names_are_escaped(clerk: Client) -> None:
    link("<b>")

    shown = send(
        clerk, f"{AWS},<b>,<b>1,active,2026-06-20T10:00:00+00:00", "x,<i>,<i>,active,2026-06-20T10:00:00+00:00"
    )

    assertContains(shown, "&lt;b&gt;1")
    for raw in ("<b>", "<i>"):
        assertNotContains(shown, raw)


def test_clerk_cannot_say_that_a_record_is_gone_and_a_live_one_is_not(clerk: Client) -> None:
    record = Credential.objects.create(
        account_id="acct_10001", item="bot/1", kind="other", state="disabled", issued_on="2020-01-01", source=AWS,
        gone=True,
    )  # fmt: skip
    page = f"{RECORDS}{record.pk}/change/"
    fields = {"account_id": "acct_10001", "item": "bot/1", "kind": "other", "issued_on": "2020-01-01", "source": AWS}
    fields |= {"issued_on_known": "on", "observed_at": "2026-06-20T10:00:00"}

    for state, gone in (("disabled", True), ("active", False)):
        assertRedirects(clerk.post(page, fields | {"state": state}), RECORDS)
        record.refresh_from_db()
        assert (record.state, record.gone) == (state, gone)
    assertNotContains(clerk.get(page), 'name="gone"')


def test_links_and_imports_are_pages(clerk: Client) -> None:
    owner = link()
    confirm(clerk, send(clerk, LINE))
    latest = CredentialImport.objects.get()

    assertContains(clerk.get("/admin/rotation/credentialowner/", {"q": "acct_10001"}), "bot")
    changed = {"source": AWS, "owner": "bot", "account_id": "acct_10009", "kind": "other"}
    clerk.post(f"/admin/rotation/credentialowner/{owner.pk}/change/", changed)
    owner.refresh_from_db()
    assert (str(owner), owner.account_id) == (f"{AWS} / bot", "acct_10009")
    assertContains(clerk.get("/admin/rotation/credentialimport/"), "records clerk")
    page = clerk.get(f"/admin/rotation/credentialimport/{latest.pk}/change/")
    assertContains(page, latest.digests[0])
    assertNotContains(page, 'name="_save"')
