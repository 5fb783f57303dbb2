"""A snapshot becomes true in the records, whole or not at all."""

from datetime import date, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from access.import_files import CannotImport, RefusedLine
from access.models import Account, ApiToken, Membership
from rotation.contract import CredentialKind, CredentialState
from rotation.imports import links
from rotation.imports.plan import IN_THE_FUTURE, ISSUED_LATER, OTHER_SOURCE, TWICE, UNLINKED
from rotation.models import Credential, CredentialImport, CredentialOwner
from tests.imports.observing import (
    AWS,
    BOT,
    DAY,
    EARLIER,
    KEY,
    LATER,
    NOW,
    OTHER_AWS,
    apply,
    counts,
    full,
    link,
    make_record,
    names,
    observed,
    plan,
    sentences,
    stored,
)

pytestmark = pytest.mark.django_db
DISABLED = CredentialState.DISABLED
MINUTE = timedelta(minutes=1)


def test_linked_owner_gives_account_and_kind() -> None:
    link(account_id="acct_10001")

    outcome = apply(full(observed()))

    assert counts(outcome) == (1, 0, 0, 0, 0)
    assert Credential.objects.values().get() == {
        "id": stored().pk,
        "account_id": "acct_10001",
        "item": "bot/access_key_1",
        "kind": "service_account_key",
        "state": "active",
        "issued_on": DAY,
        "issued_on_known": True,
        "source": AWS,
        "observed_at": EARLIER,
        "gone": False,
    }


def test_line_that_tells_its_account_needs_no_link() -> None:
    link("")
    apply(full(observed(owner="", account_id="acct_10002", kind=CredentialKind.API_TOKEN)))

    assert (stored().account_id, stored().kind) == ("acct_10002", "api_token")


def test_same_file_twice_changes_nothing() -> None:
    link()
    apply(full(observed(), observed("bot/access_key_2", state=DISABLED)))
    before = [*Credential.objects.values()]

    outcome = apply(full(observed(), observed("bot/access_key_2", state=DISABLED)))

    assert counts(outcome) == (0, 0, 0, 2, 0)
    assert [*Credential.objects.values()] == before


def test_same_record_that_is_observed_later_is_unchanged_and_fresh() -> None:
    link()
    apply(full(observed()))

    outcome = apply(full(observed(observed_at=NOW), at=NOW))

    assert counts(outcome) == (0, 0, 0, 1, 0)
    assert len(outcome.plan.observed_again) == 1
    assert stored().observed_at == NOW


def test_older_snapshot_never_overwrites_a_newer_record() -> None:
    link()
    apply(full(observed(state=DISABLED, observed_at=NOW), at=NOW))

    outcome = apply(full(observed(), at=EARLIER))

    assert (counts(outcome), outcome.plan.older) == ((0, 0, 0, 1, 0), 1)
    assert (stored().state, stored().observed_at) == ("disabled", NOW)


def test_older_full_snapshot_disables_no_newer_record() -> None:
    link()
    apply(full(observed(observed_at=NOW), at=NOW))

    assert counts(apply(full(at=EARLIER))) == (0, 0, 0, 0, 0)
    assert stored().state == "active"


@pytest.mark.parametrize(
    ("changed_on", "issued_on"),
    [(None, date(1, 1, 1)), (DAY, DAY), (date(2026, 11, 2), date(1, 1, 1))],
    ids=["not told", "the same day", "another day"],
)
def test_known_issue_day_stays_if_that_is_when_the_source_says_it_last_changed(
    changed_on: date | None, issued_on: date
) -> None:
    link()
    apply(full(observed()))

    apply(full(observed(observed_at=NOW, issued_on=None, changed_on=changed_on), at=NOW))

    assert (stored().issued_on, stored().issued_on_known) == (issued_on, issued_on == DAY)


def test_issue_day_that_nobody_told_is_unknown_until_another_file_tells_it() -> None:
    link()
    apply(full(observed(issued_on=None)))
    assert (stored().issued_on, stored().issued_on_known) == (date(1, 1, 1), False)

    outcome = apply(full(observed()))

    assert counts(outcome) == (0, 1, 0, 0, 0)
    assert (stored().issued_on, stored().issued_on_known) == (DAY, True)


def test_record_that_a_full_snapshot_no_longer_names_is_disabled() -> None:
    link()
    apply(full(observed(), observed("bot/access_key_2")))

    outcome = apply(full(observed(observed_at=NOW), at=NOW))

    assert counts(outcome) == (0, 0, 1, 1, 0)
    gone = stored("bot/access_key_2")
    assert (gone.state, gone.gone, gone.observed_at, gone.source) == ("disabled", True, NOW, AWS)
    assert counts(apply(full(observed(observed_at=LATER), at=LATER), now=LATER)) == (0, 0, 0, 1, 0)


def test_record_that_was_made_active_by_hand_is_disabled_again() -> None:
    link()
    make_record("acct_10001", BOT.item, gone=True, observed_at=EARLIER)

    assert counts(apply(full(at=NOW))) == (0, 0, 1, 0, 0)
    assert (stored().state, stored().gone) == ("disabled", True)


def test_record_that_comes_back_is_not_gone() -> None:
    link()
    apply(full(observed()))
    apply(full(at=NOW))

    outcome = apply(full(observed(observed_at=LATER), at=LATER), now=LATER)

    assert counts(outcome) == (0, 1, 0, 0, 0)
    assert (stored().state, stored().gone, stored().issued_on) == ("active", False, DAY)


def test_partial_snapshot_disables_nothing() -> None:
    link()
    apply(full(observed()))

    assert counts(apply(full(at=NOW), partial=True)) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("times", [(EARLIER, NOW), (NOW, NOW)], ids=["later", "the same file"])
@pytest.mark.parametrize("options", [{"partial": True}, {"skip_refused": True}], ids=["partial", "refused lines"])
def test_key_of_an_owner_that_was_linked_anew_is_active_in_one_account(
    options: dict[str, bool], times: tuple[datetime, datetime]
) -> None:
    owner = link()
    make_record("acct_10001", "bot/gone", observed_at=EARLIER)
    first, second = times
    apply(full(observed(observed_at=first), at=first), partial=True)
    CredentialOwner.objects.filter(pk=owner.pk).update(account_id="acct_10009")

    refusals = () if "partial" in options else (RefusedLine("report.csv", 9, "Cut off."),)
    apply(full(observed(observed_at=second), at=second, refused=refusals), **options)

    active = {*Credential.objects.filter(state="active").values_list("account_id", "item")}
    assert active == {("acct_10009", BOT.item), ("acct_10001", "bot/gone")}


def test_an_older_file_takes_no_key_from_the_account_that_has_it() -> None:
    make_record("acct_10001", BOT.item, observed_at=NOW)
    link(account_id="acct_10009")

    apply(full(observed(), at=EARLIER), partial=True)

    assert Credential.objects.get(account_id="acct_10001").state == "active"


def test_lines_that_tell_their_accounts_may_give_the_same_label_to_several() -> None:
    for account_id in ("acct_10001", "acct_10002"):
        apply(full(observed(account_id=account_id, kind=KEY)), partial=True)

    assert Credential.objects.filter(state="active").count() == 2


def test_second_aws_accounts_report_disables_nothing_of_the_first() -> None:
    link()
    link(source=OTHER_AWS, account_id="acct_10002")
    make_record("acct_10003", "by-hand", source="typed in", observed_at=EARLIER)
    apply(full(observed()))

    outcome = apply(full(observed(source=OTHER_AWS, observed_at=NOW), source=OTHER_AWS, at=NOW))

    assert counts(outcome) == (1, 0, 0, 0, 0)
    assert not Credential.objects.exclude(state="active").exists()


def test_record_of_another_source_is_not_taken_over() -> None:
    link()
    make_record("acct_10001", BOT.item, source="typed in")

    outcome = apply(full(observed(state=DISABLED)), skip_refused=True)

    assert [refusal.sentence for refusal in outcome.plan.refused] == [OTHER_SOURCE]
    assert (stored().state, stored().source) == ("active", "typed in")


def test_unlinked_owner_is_refused_by_line_and_nothing_is_changed() -> None:
    link()

    outcome = apply(full(observed(), observed("carol/access_key_1", owner="carol", line=7)))

    assert outcome.plan.refused == [RefusedLine("report.csv", 7, UNLINKED)]
    assert outcome.seconds is None
    assert not Credential.objects.exists()
    assert not CredentialImport.objects.exists()


def test_refused_lines_are_left_out_when_asked() -> None:
    link()

    outcome = apply(full(observed(), observed("carol/access_key_1", owner="carol")), skip_refused=True)

    assert counts(outcome) == (1, 0, 0, 0, 1)
    assert CredentialImport.objects.get().refused == 1


def test_refused_line_keeps_the_record_that_it_names() -> None:
    link()
    apply(full(observed(), observed("bot/access_key_2")))
    CredentialOwner.objects.all().delete()

    outcome = apply(full(observed(observed_at=NOW), at=NOW), skip_refused=True)

    assert counts(outcome) == (0, 0, 1, 0, 1)
    assert (stored().state, stored("bot/access_key_2").state) == ("active", "disabled")


def test_nothing_is_disabled_where_a_reader_refused_a_line() -> None:
    link()
    apply(full(observed()))

    outcome = apply(full(at=NOW, refused=(RefusedLine("report.csv", 2, "Cut off."),)), skip_refused=True)

    assert counts(outcome) == (0, 0, 0, 0, 1)
    assert stored().state == "active"


def test_bad_times_are_refused_by_line() -> None:
    link()
    bad = [observed(observed_at=NOW + 6 * MINUTE), observed("bot/2", issued_on=date(2026, 12, 1))]

    assert sentences(full(*bad)) == [IN_THE_FUTURE, ISSUED_LATER]
    assert sentences(full(observed(observed_at=NOW + 4 * MINUTE, issued_on=NOW.date()))) == []


def test_full_snapshot_from_the_future_disables_nothing() -> None:
    link()
    apply(full(observed()))

    assert plan(full(at=NOW + 6 * MINUTE)).disabled == []


def test_second_line_about_the_same_record_is_refused() -> None:
    link()
    link("bot-2")

    assert sentences(full(observed(), observed(owner="bot-2", line=3))) == [TWICE]


def test_assign_gives_each_owner_the_next_free_account() -> None:
    link("zoe", account_id="acct_00001")
    make_record("acct_00002", "old", source="x")
    user = User.objects.create_user("ada")
    Membership.objects.create(user=user, account_id="acct_00003")
    ApiToken(name="a program").issue(["acct_00005"])
    Account.objects.create(account_id="acct_00007", name="named")
    found = [observed("bot/1"), observed("bot/2"), observed("carol/1", owner="carol"), observed("zoe/1", owner="zoe")]

    outcome = apply(full(*found), assigned_kind=CredentialKind.OTHER)
    again = apply(full(*found), assigned_kind=CredentialKind.OTHER)

    assert (counts(outcome), counts(again)) == ((4, 0, 0, 0, 0), (0, 0, 0, 4, 0))
    given = dict(Credential.objects.filter(source=AWS).values_list("item", "account_id"))
    assert given == {"bot/1": "acct_00004", "bot/2": "acct_00004", "carol/1": "acct_00006", "zoe/1": "acct_00001"}
    assert CredentialOwner.objects.get(owner="carol").kind == "other"
    assert names() == {"acct_00004": "bot", "acct_00006": "carol", "acct_00007": "named"}


def test_exhausted_ids_refuse_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "LAST_NUMBER", 1)

    with pytest.raises(CannotImport, match="fewer free account ids"):
        apply(full(observed(), observed("carol/1", owner="carol")), assigned_kind=KEY)

    assert not CredentialOwner.objects.exists()


def test_import_and_its_records_have_a_history() -> None:
    user = User.objects.create_user("ada")
    link()
    apply(full(observed(), observed("bot/access_key_2")), user_id=user.pk)
    apply(full(observed(state=DISABLED, observed_at=NOW), at=NOW), user_id=user.pk)

    told = {(entry.object_repr, entry.get_change_message()) for entry in LogEntry.objects.filter(user=user)}
    assert told == {
        ("acct_10001 / bot/access_key_1", "Added by an import (test)."),
        ("acct_10001 / bot/access_key_2", "Added by an import (test)."),
        ("acct_10001 / bot/access_key_1", "Changed by an import (test): state."),
        ("acct_10001 / bot/access_key_2", "Disabled by an import (test) that no longer names it."),
    }
    assert {entry.object_id for entry in LogEntry.objects.all()} == {str(each.pk) for each in Credential.objects.all()}
    latest = CredentialImport.objects.first()
    assert latest
    assert (str(latest), latest.imported_by) == ("test, 2026-11-30 12:00:00 UTC", "ada")
    assert (latest.sources, latest.digests, latest.observed_at) == ([AWS], ["0" * 64], NOW)
    assert (latest.added, latest.changed, latest.disabled, latest.unchanged, latest.refused) == (0, 1, 1, 0, 0)
