"""Failed sign-ins are limited for a name at an address, and for an address."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.models import F, Sum
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains

from config.environment import read_networks
from tests.operators.conftest import PASSWORD, SignIn

LIMIT = 5
ADDRESS_LIMIT = 20
COOL_OFF_SECONDS = 15 * 60
CANARY = "canary-7d1e"


@pytest.fixture
def locked(sign_in: SignIn) -> None:
    """Lock out `ada` at 192.0.2.1."""
    fail(sign_in, LIMIT)


def fail(sign_in: SignIn, times: int, name: str = "ada", address: str = "192.0.2.1") -> list[int]:
    return [sign_in(name, CANARY, address=address).status_code for _ in range(times)]


def pass_time(seconds: int) -> None:
    """Move the counted failures back in time by this much."""
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(seconds=seconds))


def test_the_last_allowed_failure_locks_out_and_the_right_password_is_refused(sign_in: SignIn) -> None:
    client = Client()

    assert fail(sign_in, LIMIT) == [200] * (LIMIT - 1) + [429]
    assert sign_in(client=client).status_code == 429
    assert "sessionid" not in client.cookies
    assert client.get("/admin/").status_code == 302


def test_the_refusal_is_our_own_page_with_the_time_to_wait_or_a_problem_document(sign_in: SignIn, locked: None) -> None:
    response, problem = sign_in(), sign_in(accept="application/json")

    assertContains(response, "Too many sign-ins failed. Come back in 15 minutes.", status_code=429)
    assertContains(response, "<h1>Sign-in is paused", status_code=429)
    assertNotContains(response, "Start a new report", status_code=429)
    assert COOL_OFF_SECONDS - 60 < int(response["Retry-After"]) <= COOL_OFF_SECONDS
    assert response["Cache-Control"] == "no-store"
    assert problem["Content-Type"] == "application/problem+json"
    assert problem.json()["type"] == "urn:problem-type:too-many-logins"


def test_an_unknown_name_is_treated_like_a_known_one(sign_in: SignIn) -> None:
    known, unknown = fail(sign_in, LIMIT + 1), fail(sign_in, LIMIT + 1, name="nobody")

    assert known == unknown
    assert sign_in("ada", CANARY).content == sign_in("nobody", CANARY).content


def test_a_locked_name_signs_in_from_another_address_and_another_name_from_its_own(
    sign_in: SignIn, locked: None
) -> None:
    User.objects.create_user("grace", password=PASSWORD, is_staff=True)

    assert sign_in(address="192.0.2.2").status_code == 302
    assert sign_in("grace").status_code == 302


def test_an_address_that_tries_many_names_is_locked_for_all(sign_in: SignIn) -> None:
    statuses = [fail(sign_in, 1, name=f"guess-{number}")[0] for number in range(ADDRESS_LIMIT)]

    assert statuses == [200] * (ADDRESS_LIMIT - 1) + [429]
    assert sign_in().status_code == 429
    assert sign_in(address="192.0.2.2").status_code == 302


def test_a_success_resets_the_failures_of_its_name_and_of_no_other(sign_in: SignIn) -> None:
    for name in ("ada", "grace"):
        fail(sign_in, LIMIT - 1, name=name)

    assert sign_in().status_code == 302
    assert fail(sign_in, LIMIT - 1) == [200] * (LIMIT - 1)
    assert fail(sign_in, 1, name="grace") == [429]


def test_the_right_password_works_after_the_cool_off(sign_in: SignIn, locked: None) -> None:
    pass_time(COOL_OFF_SECONDS - 60)
    early = sign_in()
    pass_time(60)

    assert (early.status_code, sign_in().status_code) == (429, 302)
    assert not AccessAttempt.objects.exists()


def test_attempts_while_locked_out_do_not_make_the_wait_longer(sign_in: SignIn, locked: None) -> None:
    pass_time(COOL_OFF_SECONDS - 60)

    for _ in range(LIMIT):
        response = sign_in(password=CANARY)

    assertContains(response, "Come back in 1 minute.", status_code=429)
    assert int(response["Retry-After"]) <= 60


def test_axes_reset_ends_a_lock_out(sign_in: SignIn, locked: None) -> None:
    call_command("axes_reset", stdout=StringIO())

    assert sign_in().status_code == 302


def test_only_the_counted_name_is_stored(sign_in: SignIn, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    for _ in range(LIMIT + 1):
        sign_in(f"name-{CANARY}", f"password-{CANARY}")

    [attempt] = list(AccessAttempt.objects.values())
    assert [name for name, value in attempt.items() if CANARY in str(value)] == ["username"]
    assert CANARY not in caplog.text
    assert "axes" in {record.name.partition(".")[0] for record in caplog.records}


def test_an_address_that_the_client_claims_is_ignored(sign_in: SignIn) -> None:
    statuses = [sign_in(password=CANARY, forwarded=f"198.51.100.{n}").status_code for n in range(LIMIT)]

    assert statuses[-1] == 429


def test_clients_behind_our_proxy_are_counted_separately(sign_in: SignIn, settings: Settings) -> None:
    settings.FORWARDED_ALLOW_IPS = read_networks("192.0.2.0/24")
    for _ in range(LIMIT):
        sign_in(password=CANARY, forwarded="198.51.100.7")

    assert sign_in(forwarded="198.51.100.7").status_code == 429
    assert sign_in(forwarded="198.51.100.8").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_failures_at_the_same_moment_are_all_counted(sign_in: SignIn) -> None:
    def guess(_number: int) -> int:
        try:
            return sign_in(password=CANARY).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=LIMIT - 1) as threads:
        statuses = list(threads.map(guess, range(LIMIT - 1)))

    assert statuses == [200] * (LIMIT - 1)
    assert AccessAttempt.objects.aggregate(counted=Sum("failures_since_start")) == {"counted": LIMIT - 1}
