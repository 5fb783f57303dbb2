"""What others change between the plan of an import and its transaction is never overwritten."""

from collections.abc import Callable

import pytest

from rotation.contract import CredentialState
from rotation.imports.snapshot import Snapshot
from rotation.models import Credential, CredentialOwner
from tests.imports.observing import BOT, KEY, NOW, apply, counts, full, link, make_record, observed, plan, stored
from tests.ledger.rows import in_another_connection

pytestmark = pytest.mark.django_db(transaction=True)
DISABLED = CredentialState.DISABLED


def changed_meanwhile(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Let another connection commit a change after the first plan was made."""
    changes = [change]

    def plan_and_change(snapshot: Snapshot, **options: object) -> object:
        made = plan(snapshot, **options)
        if changes:
            in_another_connection(changes.pop())
        return made

    monkeypatch.setattr("tests.imports.observing.plan", plan_and_change)


@pytest.mark.parametrize(
    ("change", "account_id"),
    [
        (lambda: Credential.objects.update(kind="other"), "acct_00001"),
        (lambda: link("x", account_id="acct_00001"), "acct_00002"),
        (lambda: link("carol", account_id="acct_20000"), "acct_20000"),
        (lambda: make_record("acct_00001", "carol/1"), "acct_00002"),
    ],
    ids=["record", "account id", "link", "new record"],
)
def test_nothing_that_was_changed_meanwhile_is_overwritten(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[], object], account_id: str
) -> None:
    link()
    apply(full(observed()))
    changed_meanwhile(monkeypatch, change)
    later = full(observed(state=DISABLED, observed_at=NOW), observed("carol/1", owner="carol"), at=NOW)

    apply(later, assigned_kind=KEY)

    # The plan is made again from what is there now.
    assert (stored().state, stored().kind) == ("disabled", "service_account_key")
    assert CredentialOwner.objects.get(owner="carol").account_id == account_id
    assert Credential.objects.filter(account_id=account_id, item="carol/1").exists()


def test_new_record_that_was_typed_meanwhile_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    link()
    changed_meanwhile(monkeypatch, lambda: make_record("acct_10001", BOT.item, source="typed in"))

    outcome = apply(full(observed()), skip_refused=True)

    assert (counts(outcome), stored().source) == ((0, 0, 0, 0, 1), "typed in")


def test_line_that_is_refused_after_a_change_stops_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    link()
    apply(full(observed()))
    changed_meanwhile(monkeypatch, lambda: Credential.objects.update(source="typed in"))

    outcome = apply(full(observed(state=DISABLED, observed_at=NOW), at=NOW))

    assert (counts(outcome), outcome.seconds) == ((0, 0, 0, 0, 1), None)
