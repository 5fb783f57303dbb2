"""`doctor`, `check` and `migrate` name the oldest source of records, and records that break a rule of the database."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from config.ledger_checks import trusted_records_are_sound
from rotation.contract import UNKNOWN_DAY
from rotation.faults import MOST
from rotation.models import Credential
from rotation.workflow import ROTATION
from tests.commands.test_doctor import result_of
from tests.conftest import MakeCredential

NO_RECORD = "There is no active record. Import some: nothing can be decided without."
pytestmark = pytest.mark.django_db

SOUND = ("ok", "No trusted record breaks a rule of the database.")
FAULT = "needs an item of 3 to 80 characters without blanks at its ends"
HINT = "No decision is made by such a record. Correct it in the admin, or delete it."


def observe(source: str, hours: int, state: str = "active") -> None:
    Credential.objects.create(
        account_id="acct_10234",
        item=f"key-{Credential.objects.count()}",
        kind="service_account_key",
        state=state,
        issued_on=UNKNOWN_DAY,
        issued_on_known=False,
        source=source,
        observed_at=timezone.now() - timedelta(hours=hours),
    )


def test_the_oldest_source_of_active_records_is_named_by_its_newest_observation(settings: Settings) -> None:
    settings.RECORD_FRESH_HOURS = 168
    assert result_of("freshness") == ("ok", f"{NO_RECORD} RECORD_FRESH_HOURS is 168.")

    observe("aws:one", 900)
    observe("aws:one", 2)
    observe("gone", 900, state="disabled")
    observe("aws:two", 1)

    sentence = "The oldest source, aws:one, was observed 2 hours ago. RECORD_FRESH_HOURS is 168."
    assert result_of("freshness") == ("ok", sentence)


def test_a_source_beyond_the_bound_is_a_warning(settings: Settings) -> None:
    settings.RECORD_FRESH_HOURS = 1
    observe("aws:one", 1)
    assert result_of("freshness")[0] == "ok"

    observe("aws:two", 2)

    sentence = (
        "The oldest source, aws:two, was observed 2 hours ago, so its records support no decision: import it again."
    )
    assert result_of("freshness") == ("warn", f"{sentence} RECORD_FRESH_HOURS is 1.")


def test_no_bound_is_a_warning() -> None:
    unset = "RECORD_FRESH_HOURS is not set, so records of any age count."
    assert result_of("freshness") == ("warn", f"{NO_RECORD} {unset}")

    observe("hand", 1)

    assert result_of("freshness") == ("warn", f"The oldest source, hand, was observed 1 hour ago. {unset}")


@pytest.fixture
def bad_records(make_credential: MakeCredential) -> list[int]:
    """Make records that were there before the triggers: a label that no customer can name, and one that can be."""
    drop = "DROP TRIGGER {0.trigger}" + (" ON {0.table}" if connection.vendor == "postgresql" else "")
    with connection.cursor() as cursor:
        for guard in ROTATION.guards:
            cursor.execute(drop.format(guard))
    made = [make_credential(item=f"{number:02}" if number else "good-key").pk for number in range(MOST + 2)]
    return made[1:]


def test_bad_records_are_listed_with_what_to_do(bad_records: list[int]) -> None:
    named = "; ".join(f"credential record {pk} {FAULT}" for pk in bad_records[:MOST])

    assert result_of("records") == ("warn", f"rotation: {named}. {HINT}")

    Credential.objects.filter(pk__in=bad_records).delete()
    assert result_of("records") == SOUND


def test_migrate_names_bad_records_before_it_starts_and_is_not_blocked(
    bad_records: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("migrate", skip_checks=False)

    printed = capsys.readouterr()
    assert f"(decisions.W002) rotation: credential record {bad_records[0]} {FAULT}" in printed.err
    assert HINT in printed.err
    assert "No migrations to apply." in printed.out


def test_without_a_table_there_is_nothing_to_name() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE rotation_credential")

    assert trusted_records_are_sound(["default"]) == []
