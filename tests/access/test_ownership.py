"""A submitter asks about their own accounts only; a foreign account looks like an unknown one."""

import json
import re
import time
from collections.abc import Callable
from statistics import median

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from access.models import Membership
from tests.access.conftest import FOREIGN, OWN, UNKNOWN, Visitor, alike, bearing, issued, signed_in
from tests.fakes import FakeProvider
from traces.models import TraceRecord

ROUNDS = 40


@pytest.fixture(autouse=True)
def _bystanders() -> None:
    signed_in("bystander", OWN, FOREIGN, UNKNOWN)
    issued("bystander", OWN, FOREIGN, UNKNOWN)


def revoked() -> Visitor:
    token, visitor = issued("revoked", OWN)
    token.revoke(at=timezone.now())
    return visitor


# Each visitor, and the answers about their own account, a foreign one and an unknown one.
VISITORS: dict[str, tuple[Callable[[], Visitor], str]] = {
    "anonymous": (Visitor, "401 401 401"),
    "member": (lambda: signed_in("ada", OWN), "completed unknown unknown"),
    "member of both": (lambda: signed_in("ada", OWN, FOREIGN), "completed ambiguous unknown"),
    "member of the other": (lambda: signed_in("bob", FOREIGN), "unknown ambiguous unknown"),
    "member of none": (lambda: signed_in("eve"), "unknown unknown unknown"),
    "superuser": (lambda: signed_in("root", superuser=True), "unknown unknown unknown"),
    "token": (lambda: issued("job", OWN)[1], "completed unknown unknown"),
    "token for the other": (lambda: issued("job", FOREIGN)[1], "unknown ambiguous unknown"),
    "token for none": (lambda: issued("job")[1], "unknown unknown unknown"),
    "token on its last day": (lambda: issued("job", OWN, days=0)[1], "completed unknown unknown"),
    "expired token": (lambda: issued("job", OWN, days=-1)[1], "401 401 401"),
    "revoked token": (revoked, "401 401 401"),
    "wrong token": (lambda: bearing("rot_" + "0" * 52), "401 401 401"),
}
RESTRICTED = [name for name, (_, told) in VISITORS.items() if told.split()[1] == "unknown"]
BEARERS = ["expired token", "revoked token", "wrong token"]
WORDS = {"account_unknown": "unknown", "credential_ambiguous": "ambiguous", None: "completed"}


def visitor(name: str) -> Visitor:
    return VISITORS[name][0]()


@pytest.mark.parametrize("name", VISITORS)
def test_each_visitor_is_answered_in_json_and_on_the_page_as_the_table_says(name: str) -> None:
    who, expected = visitor(name), VISITORS[name][1].split()
    statuses = {"completed": 303, "unknown": 200, "ambiguous": 200, "401": 401 if name in BEARERS else 403}

    in_json = [who.ask_json(account) for account in (OWN, FOREIGN, UNKNOWN)]
    on_page = [who.ask_page(account).status_code for account in (OWN, FOREIGN, UNKNOWN)]

    words = [WORDS[a.json()["error_code"]] if a.status_code == 200 else str(a.status_code) for a in in_json]
    assert words == expected
    assert on_page == [statuses[word] for word in expected]


@pytest.mark.parametrize("name", RESTRICTED)
def test_a_foreign_account_looks_like_an_unknown_one(name: str, provider: FakeProvider) -> None:
    who = visitor(name)

    for ask in (who.ask_json, who.ask_page):
        answers, statements = [], []
        for account in (FOREIGN, UNKNOWN):
            with CaptureQueriesContext(connection) as queries:
                answers.append(alike(ask(account)))
            statements.append([re.split("WHERE|VALUES", re.sub(r"\d", "", query["sql"]))[0] for query in queries])
        assert json.dumps(answers[0]).replace(FOREIGN, UNKNOWN) == json.dumps(answers[1])
        assert statements[0] == statements[1]
        assert any("rotation_credential" in sql for sql in statements[0])

    assert provider.calls == []
    assert TraceRecord.objects.filter(error_reason="not_a_member").count() == 4
    for trace in TraceRecord.objects.filter(account_id=FOREIGN):
        assert (trace.error_code, trace.error_reason) == ("account_unknown", "not_a_member")
        assert (trace.credential_label, trace.credential_kind, trace.credential_age_days) == (None, None, None)


def test_the_time_of_a_foreign_and_an_unknown_account_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    who = signed_in("eve")
    took: dict[str, list[float]] = {FOREIGN: [], UNKNOWN: []}

    for number in range(ROUNDS):
        for account in sorted(took, reverse=number % 2 == 0):
            start = time.perf_counter()
            who.ask_json(account)
            took[account].append(1000 * (time.perf_counter() - start))

    foreign, unknown = median(took[FOREIGN]), median(took[UNKNOWN])
    with capsys.disabled():
        print(f"\nenumeration: foreign {foreign:.2f} ms, unknown {unknown:.2f} ms (medians of {ROUNDS})")  # noqa: T201
    assert max(foreign, unknown) < 10 * min(foreign, unknown)


def test_only_a_sender_without_the_account_is_marked_as_no_member() -> None:
    codes = [
        signed_in(name, *accounts).ask_json(UNKNOWN).json() for name, accounts in (("ada", [UNKNOWN]), ("eve", []))
    ]

    assert [each["error_code"] for each in codes] == ["account_unknown"] * 2
    assert codes[0]["error"] == codes[1]["error"]
    assert set(TraceRecord.objects.values_list("error_reason", flat=True)) == {None, "not_a_member"}


def test_a_deleted_membership_takes_effect_immediately() -> None:
    ada = signed_in("ada", OWN, FOREIGN)
    before = ada.ask_json(OWN).json()["status"]

    Membership.objects.filter(account_id=OWN).delete()

    assert (before, ada.ask_json(OWN).json()["error_code"]) == ("completed", "account_unknown")


def test_open_mode_needs_no_membership(settings: Settings) -> None:
    settings.ACCESS = "open"

    assert signed_in("eve").ask_json(OWN).json()["status"] == "completed"


def test_a_token_keeps_to_its_accounts_in_either_mode(settings: Settings) -> None:
    _, job = issued("job", OWN)

    for mode in ("open", "members"):
        settings.ACCESS = mode
        codes = [job.ask_json(account).json()["error_code"] for account in (OWN, FOREIGN)]
        assert codes == [None, "account_unknown"]
