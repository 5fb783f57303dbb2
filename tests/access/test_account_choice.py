"""The form in members mode: own accounts by name, ids as people write them, and the labels of an ambiguous account."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from access.models import Account, Membership
from rotation.contract import CredentialState
from tests.access.conftest import FOREIGN, OWN, UNKNOWN, signed_in
from tests.conftest import REPORT, MakeCredential, Response
from tests.fakes import FakeProvider
from tests.interfaces.conftest import has_text, ledger_refusing
from traces.models import TraceRecord

LABELS = ("invoice-sync", "loader-blue")


def offered(page: Response, name: str) -> list[tuple[str, str]]:
    [found] = re.findall(rf'<datalist id="{name}">(.*?)</datalist>', page.text) or [""]
    return re.findall(r'<option value="([^"]*)">([^<]*)</option>', found)


def field(page: Response, name: str) -> str:
    [found] = re.findall(rf'<input [^>]*id="id_{name}"[^>]*>', page.text)
    return str(found)


@pytest.fixture(autouse=True)
def _names() -> None:
    for account_id in (OWN, FOREIGN):
        Account.objects.create(account_id=account_id, name=f"<{account_id}> GmbH")


def test_form_offers_the_members_own_accounts_by_name() -> None:
    page = signed_in("ada", OWN, UNKNOWN).client.get("/")

    assert offered(page, "accounts") == [(OWN, f"&lt;{OWN}&gt; GmbH"), (UNKNOWN, "")]
    assert 'list="accounts"' in field(page, "account_id")
    assert FOREIGN not in page.text


def test_thousand_accounts_are_offered_by_one_more_statement() -> None:
    ada, eve = signed_in("ada", *(f"acct_{number:05}" for number in range(1200))), signed_in("eve")

    statements = []
    for who in (eve, ada):
        with CaptureQueriesContext(connection) as queries:
            page = who.client.get("/")
        statements.append(len(queries))

    assert statements[0] == statements[1]
    assert [len(offered(page, "accounts")), page.text.count("<option")] == [1000, 1000]


def test_open_mode_and_a_member_without_accounts_are_offered_nothing(settings: Settings) -> None:
    eve, ada = signed_in("eve"), signed_in("ada", OWN)
    settings.ACCESS = "open"
    in_open_mode = ada.client.get("/").text
    settings.ACCESS = "members"

    for page in (in_open_mode, eve.client.get("/").text):
        assert "<datalist" not in page
        assert "list=" not in page
        assert "acct_ and five digits, such as acct_10234." in page


@pytest.mark.parametrize(
    "typed", [OWN, "10234", " acct 10234 ", "ACCT_10234", "acct-10234", "Acct10234\N{NO-BREAK SPACE}"]
)
def test_form_understands_an_id_as_people_write_it(typed: str) -> None:
    ada = signed_in("ada", OWN)

    assert ada.ask_page(typed).status_code == 303
    assert TraceRecord.objects.get().account_id == OWN
    assert typed == OWN or ada.ask_json(typed).status_code == 422


@pytest.mark.parametrize("typed", ["1023", "102345", "acct__x", "account 10234", "1023\N{ARABIC-INDIC DIGIT FOUR}", ""])
def test_form_refuses_what_is_no_id(typed: str) -> None:
    page = signed_in("ada", OWN).ask_page(typed)

    assert page.status_code == 422
    assert "Write acct_ and five digits" in page.text


def test_member_of_an_ambiguous_account_reads_its_labels_in_the_form_alone() -> None:
    bob = signed_in("bob", FOREIGN)

    page, in_json = bob.ask_page(FOREIGN), bob.ask_json(FOREIGN)
    trace = TraceRecord.objects.get(source="web")
    again = bob.client.get(f"/?retry_of={trace.pk}")

    for form in (page, again):
        assert [label for label, _ in offered(form, "labels")] == [*LABELS]
        assert f"This account has several active credentials: name one of {', '.join(LABELS)}." in form.text
        assert all(mark in field(form, "item") for mark in ('aria-invalid="true"', "autofocus", 'list="labels"'))
        assert form.text.count("autofocus") == 1
    for elsewhere in (in_json, bob.read(trace.pk, "text/html")):
        assert not any(label in elsewhere.text for label in LABELS)


def test_labels_are_for_members_of_the_account_as_long_as_they_are(settings: Settings) -> None:
    bob = signed_in("bob", FOREIGN)
    bob.ask_page(FOREIGN)
    trace = TraceRecord.objects.get()
    # Without any membership, the sessions would end.
    Membership.objects.update(account_id="acct_10234")
    left = bob.client.get(f"/?retry_of={trace.pk}")
    settings.ACCESS = "open"
    in_open_mode = bob.ask_page(FOREIGN)

    for page in (left, in_open_mode):
        assert 'aria-invalid="true"' in field(page, "item")
        assert "This account has several active credentials: name one by its label." in page.text
        assert not any(label in page.text for label in LABELS)


def test_only_the_first_labels_of_many_are_spelled_out(make_credential: MakeCredential) -> None:
    for number in range(20):
        make_credential(FOREIGN, item=f"key-{number:02}")
    make_credential(FOREIGN, item="disabled-key", state=CredentialState.DISABLED)

    page = signed_in("bob", FOREIGN).ask_page(FOREIGN)

    assert "key-18, 2 more." in page.text
    assert len(offered(page, "labels")) == 22


def test_label_is_found_in_any_case_by_the_same_statements(provider: FakeProvider) -> None:
    bob, statements = signed_in("bob", FOREIGN), []

    for item in ("loader-blue", "Loader-BLUE", "no-such-item"):
        with CaptureQueriesContext(connection) as queries:
            bob.ask_page(FOREIGN, item=item)
        statements.append(sum("rotation_credential" in query["sql"] for query in queries))

    assert statements == [1, 1, 1]
    assert [facts.label for _, facts in provider.calls] == ["loader-blue"] * 2


def test_text_stays_in_the_form_while_accounts_cannot_be_read() -> None:
    ada = signed_in("ada", OWN)

    with ledger_refusing("SELECT", table="access_membership"):
        page = ada.ask_page(OWN)

    assert page.status_code == 503
    assert has_text(page, REPORT)
    assert "<datalist" not in page.text
