"""What each role may do, and how the roles come into the database."""

import re
from datetime import date

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db.migrations.state import StateApps
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains

from config.environment import BASE_DIR
from operators.roles import roles, synchronise_roles
from rotation.contract import UNKNOWN_DAY
from rotation.models import Credential
from tests.operators.conftest import PAGE, Visitors

RECORDS = "/admin/rotation/credential/"
RUNBOOK = BASE_DIR / "docs/runbook.md"


def granted() -> dict[str, set[str]]:
    """Return the permissions of each group, written as in the table of roles."""
    return {
        group.name: {
            f"{permission.content_type.app_label}.{permission.codename}"
            for permission in group.permissions.select_related("content_type")
        }
        for group in Group.objects.all()
    }


def expected() -> dict[str, set[str]]:
    return {role: set(names) for role, names in roles().items()}


def form(**changes: str) -> dict[str, str]:
    """Return what a clerk sends for a credential record."""
    now = timezone.now()
    record = {"account_id": "acct_20468", "item": "loader", "kind": "service_account_key", "state": "active"}
    known = {"issued_on": "2026-01-02", "issued_on_known": "on", "source": "inventory"}
    return {**record, **known, "observed_at": f"{now:%Y-%m-%dT%H:%M:%S}", **changes}


def test_a_forbidden_page_links_the_index_of_the_admin(visitors: Visitors) -> None:
    refused = visitors["records clerk"].get("/admin/traces/tracerecord/", headers={"Accept": PAGE})

    assertContains(refused, '<a href="/admin/">Home page for operators</a>', status_code=403)
    assertNotContains(refused, "Start a new report", status_code=403)


@pytest.fixture
def clerk(visitors: Visitors) -> Client:
    return visitors["records clerk"]


def test_a_clerk_adds_a_record(clerk: Client) -> None:
    response = clerk.post(f"{RECORDS}add/", form())

    assert (response.status_code, response["Location"]) == (302, RECORDS)
    assert Credential.objects.get().issued_on == date(2026, 1, 2)


def test_a_clerk_adds_a_record_whose_issue_day_is_unknown(clerk: Client) -> None:
    unknown = form(issued_on="")
    del unknown["issued_on_known"]

    clerk.post(f"{RECORDS}add/", unknown)

    record = Credential.objects.get()
    assert (record.issued_on, record.issued_on_known) == (UNKNOWN_DAY, False)
    page = clerk.get(RECORDS)
    assertContains(page, '<td class="field-issue_day">unknown</td>')
    assertNotContains(page, "0001")


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "a bad account": ({"account_id": "acct_1"}, "An account id is acct_ and five digits."),
    "a short item": ({"item": " ab "}, "Ensure this value has at least 3 characters (it has 2)."),
    "a long item": ({"item": "x" * 81}, "Ensure this value has at most 80 characters (it has 81)."),
    "a known day that is missing": ({"issued_on": ""}, "Enter the day and check that it is known, or do neither."),
    "a day that is said to be unknown": (
        {"issued_on_known": ""},
        "Enter the day and check that it is known, or do neither.",
    ),
    "issued after today": ({"issued_on": "2999-01-02"}, "A credential cannot have been issued after today (UTC)."),
    "issued after its observation": (
        {"issued_on": "2026-01-02", "observed_at": "2026-01-01T12:00"},
        "The credential was issued after this day (UTC).",
    ),
    "observed in the future": (
        {"observed_at": "2999-01-01T12:00"},
        "A record cannot have been observed later than now.",
    ),
}


def test_a_form_with_a_bad_record_says_what_is_wrong(clerk: Client) -> None:
    for name, (changes, message) in REFUSED.items():
        page = clerk.post(f"{RECORDS}add/", {key: value for key, value in form(**changes).items() if value})
        assertContains(page, message, count=1, msg_prefix=name)

    assert not Credential.objects.exists()


def test_a_record_without_a_time_of_observation_is_refused(clerk: Client) -> None:
    page = clerk.post(f"{RECORDS}add/", form(observed_at="soon"))

    assertContains(page, "Enter a valid date/time.", count=1)


def test_blanks_at_the_ends_of_an_item_are_left_out(clerk: Client) -> None:
    clerk.post(f"{RECORDS}add/", form(item=" \N{NO-BREAK SPACE}loader "))

    assert Credential.objects.get().item == "loader"


def test_a_clerks_change_stays_in_the_history_under_their_name(clerk: Client, credential: Credential) -> None:
    changed = form(account_id=credential.account_id, item=credential.item, state="disabled")

    clerk.post(f"{RECORDS}{credential.pk}/change/", changed)

    [entry] = LogEntry.objects.select_related("user")
    assert (entry.user.get_username(), entry.object_id) == ("records clerk", str(credential.pk))
    page = clerk.get(f"{RECORDS}{credential.pk}/history/")
    assertContains(page, "records clerk")
    assertContains(page, "Changed State")


def test_only_a_clerk_changes_a_record(visitors: Visitors, credential: Credential) -> None:
    for role in ("operator", "engineer", "staff"):
        response = visitors[role].post(f"{RECORDS}{credential.pk}/change/", form(state="rotated"))
        assert response.status_code == 403
    assert Credential.objects.get().state == "active"


def test_a_clerk_deletes_no_record(clerk: Client, credential: Credential) -> None:
    clerk.post(f"{RECORDS}{credential.pk}/delete/", {"post": "yes"})
    clerk.post(RECORDS, {"action": "delete_selected", "_selected_action": credential.pk, "post": "yes"})

    assertNotContains(clerk.get(RECORDS), "delete_selected")
    assert Credential.objects.filter(pk=credential.pk).exists()


@pytest.mark.django_db
def test_a_role_without_the_staff_status_opens_nothing(client: Client) -> None:
    user = User.objects.create_user("ada")
    user.groups.set(Group.objects.all())
    client.force_login(user)

    assert client.get("/admin/")["Location"].startswith("/admin/login/")


@pytest.mark.django_db(transaction=True)
def test_migrate_makes_the_roles_of_a_fresh_database() -> None:
    # A fresh database has no group, and no permissions until its last migration is done.
    Group.objects.all().delete()
    Permission.objects.all().delete()
    ContentType.objects.all().delete()
    ContentType.objects.clear_cache()

    call_command("migrate", verbosity=0)

    assert granted() == expected()


@pytest.mark.django_db
@pytest.mark.usefixtures("reviewed_thanks")
def test_the_permissions_of_a_workflow_arrive_without_a_migration() -> None:
    before = granted()

    call_command("migrate", verbosity=0)

    assert granted() == before | {"mail clerk": {"access.view_membership"}}


@pytest.mark.django_db
def test_migrating_again_adds_nothing_and_takes_nothing_away() -> None:
    extra = Permission.objects.get(codename="delete_credential")
    Group.objects.get(name="records clerk").permissions.add(extra)
    Group.objects.create(name="a group of their own").permissions.add(extra)
    before, permissions = granted(), Permission.objects.count()

    call_command("migrate", verbosity=0)

    assert (granted(), Permission.objects.count()) == (before, permissions)


@pytest.mark.django_db
def test_the_runbook_takes_reviewing_from_operators_and_migrate_does_not_give_it_back() -> None:
    operators = Group.objects.get(name="operator")
    operators.permissions.add(Permission.objects.get(codename="add_review"))
    [line] = re.findall(r'^echo "(.+)" \| .venv/bin/python manage.py shell$', RUNBOOK.read_text(), re.MULTILINE)

    call_command("shell", command=line, verbosity=0)
    call_command("migrate", verbosity=0)

    assert granted() == expected()


@pytest.mark.django_db
def test_a_lost_permission_of_a_role_is_granted_again_and_none_may_delete_anything() -> None:
    Group.objects.get(name="operator").permissions.clear()
    Group.objects.get(name="engineer").delete()

    call_command("migrate", verbosity=0)

    assert granted() == expected()
    assert not Permission.objects.filter(group__isnull=False, codename__startswith="delete").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("app_label", "most"), [("traces", 9), ("auth", 3), ("sessions", 0)])
def test_the_roles_cost_three_queries_for_each_role_of_an_app(
    app_label: str, most: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(most):
        synchronise_roles(apps.get_app_config(app_label), "default")


def test_a_database_without_users_gets_no_roles() -> None:
    synchronise_roles(apps.get_app_config("traces"), "default", StateApps([], {}))
