"""Imports name accounts: by the lines of a plain CSV, and by owners who are given accounts."""

from typing import Any

import pytest

from rotation.imports.plan import OTHER_NAME
from rotation.imports.snapshot import Observed
from tests.imports.observing import BOT, KEY, NOW, OTHER_AWS, apply, full, names, observed, sentences

pytestmark = pytest.mark.django_db


def named(name: str, account_id: str = "acct_10002", item: str = BOT.item, **changes: Any) -> Observed:
    return observed(item, account_id=account_id, kind=KEY, account_name=name, **changes)


def test_a_line_names_its_account_and_a_later_one_renames_it() -> None:
    first = apply(full(named("Invoices"), named("", item="bot/2"), named("Loader", "acct_10003")))
    again = apply(full(named("Invoices"), named("", item="bot/2"), named("Loader", "acct_10003")))
    apply(full(named("Billing", observed_at=NOW), at=NOW))

    assert (first.plan.names, again.plan.names) == ({"acct_10002": "Invoices", "acct_10003": "Loader"}, {})
    assert names() == {"acct_10002": "Billing", "acct_10003": "Loader"}


def test_an_older_line_or_one_of_another_source_renames_nothing() -> None:
    apply(full(named("Billing", observed_at=NOW), at=NOW))

    apply(full(named("Invoices")))
    apply(full(named("Mine", source=OTHER_AWS), source=OTHER_AWS), skip_refused=True)

    assert names() == {"acct_10002": "Billing"}


def test_two_names_of_an_account_are_refused_by_line() -> None:
    assert sentences(full(named("Invoices"), named("Billing", item="bot/2"))) == [OTHER_NAME]
