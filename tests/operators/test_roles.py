"""What each role may do, and what its migration leaves behind."""

from datetime import date

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import StateApps
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from config.roles import ROLES, grant_roles
from rotation.models import Credential
from tests.operators.conftest import PAGE, Visitors

RECORDS = "/admin/rotation/credential/"


def granted() -> dict[str, set[str]]:
    """Read what each group may do, written as in the table of roles."""
    return {
        group.name: {
            f"{permission.content_type.app_label}.{permission.codename}"
            for permission in group.permissions.select_related("content_type")
        }
        for group in Group.objects.all()
    }


def expected() -> dict[str, set[str]]:
    return {role: set(names) for role, names in ROLES.items()}


def form(**changes: str) -> dict[str, str]:
    """What a clerk sends for a credential record."""
    now = timezone.now()
    record = {
        "account_id": "acct_20468",
        "item": "loader",
        "kind": "service_account_key",
        "state": "active",
        "issued_on": "2026-01-02",
        "source": "inventory",
        "observed_at_0": f"{now:%Y-%m-%d}",
        "observed_at_1": f"{now:%H:%M:%S}",
    }
    return {**record, **changes}


def test_a_page_that_a_role_may_not_see_leads_back_to_the_operators_home(visitors: Visitors) -> None:
    refused = visitors["records clerk"].get("/admin/traces/overview/", headers={"Accept": PAGE})

    assertContains(refused, '<a href="/admin/">Home page for operators</a>', status_code=403)
    assertNotContains(refused, "Start a new report", status_code=403)


@pytest.fixture
def clerk(visitors: Visitors) -> Client:
    return visitors["records clerk"]


def test_a_clerk_adds_a_record(clerk: Client) -> None:
    response = clerk.post(f"{RECORDS}add/", form())

    assert (response.status_code, response["Location"]) == (302, RECORDS)
    assert Credential.objects.get().issued_on == date(2026, 1, 2)


def test_a_clerks_change_stays_in_the_history_under_their_name(clerk: Client, credential: Credential) -> None:
    changed = form(account_id=credential.account_id, item=credential.item, state="disabled")

    clerk.post(f"{RECORDS}{credential.pk}/change/", changed)

    [entry] = LogEntry.objects.select_related("user")
    assert (entry.user.get_username(), entry.object_id) == ("records clerk", str(credential.pk))
    page = clerk.get(f"{RECORDS}{credential.pk}/history/")
    assertContains(page, "records clerk")
    assertContains(page, "Changed State")


@pytest.mark.parametrize("role", ["operator", "engineer", "staff"])
def test_who_is_no_clerk_changes_no_record(visitors: Visitors, credential: Credential, role: str) -> None:
    response = visitors[role].post(f"{RECORDS}{credential.pk}/change/", form(state="rotated"))

    assert response.status_code == 403
    assert Credential.objects.get().state == "active"


@pytest.mark.parametrize(
    ("page", "sent"),
    [
        ("{pk}/delete/", {"post": "yes"}),
        ("", {"action": "delete_selected", "_selected_action": "{pk}", "post": "yes"}),
    ],
    ids=["one", "many"],
)
def test_a_clerk_deletes_no_record(clerk: Client, credential: Credential, page: str, sent: dict[str, str]) -> None:
    clerk.post(RECORDS + page.format(pk=credential.pk), {key: v.format(pk=credential.pk) for key, v in sent.items()})

    assertNotContains(clerk.get(RECORDS), "delete_selected")
    assert Credential.objects.filter(pk=credential.pk).exists()


def test_a_role_without_the_staff_status_opens_nothing(client: Client, roles: None) -> None:
    user = User.objects.create_user("ada")
    user.groups.set(Group.objects.all())
    client.force_login(user)

    assert client.get("/admin/")["Location"].startswith("/admin/login/")


@pytest.mark.django_db(transaction=True)
def test_migrating_a_fresh_database_makes_the_roles() -> None:
    call_command("migrate", "config", "zero", verbosity=0)
    # A fresh database has no group, and no permissions until its last migration is done.
    Group.objects.all().delete()
    Permission.objects.all().delete()
    ContentType.objects.all().delete()
    ContentType.objects.clear_cache()

    call_command("migrate", verbosity=0)

    assert granted() == expected()


def test_granting_again_adds_nothing_and_takes_nothing_away(roles: None) -> None:
    extra = Permission.objects.get(codename="delete_credential")
    Group.objects.get(name="records clerk").permissions.add(extra)
    before, permissions = granted(), Permission.objects.count()

    grant_roles(apps, connection.schema_editor())

    assert (granted(), Permission.objects.count()) == (before, permissions)


def test_a_permission_is_named_as_django_names_it(roles: None) -> None:
    Permission.objects.filter(codename="view_credential").delete()

    grant_roles(apps, connection.schema_editor())

    assert Permission.objects.get(codename="view_credential").name == "Can view credential record"


def test_what_a_later_migration_adds_is_granted_by_it(db: None) -> None:
    Group.objects.all().delete()

    grant_roles(before_reviews(), connection.schema_editor())
    earlier = granted()["operator"]
    grant_roles(apps, connection.schema_editor())

    assert expected()["operator"] - earlier == {"traces.view_review", "traces.add_review"}
    assert granted() == expected()


def before_reviews() -> StateApps:
    """The models as they were when no trace could be reviewed."""
    loader = MigrationLoader(connection)
    nodes = [("auth", "0012_alter_user_first_name_max_length"), ("traces", "0001_initial")]
    nodes += [("rotation", "0001_initial"), ("evals", "0001_initial")]
    return loader.project_state(nodes).apps
