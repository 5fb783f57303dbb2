"""What the first `make run` creates: an environment, credential records, an operator."""

import re
import shutil
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import call_command
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from config.environment import read_environment
from rotation.management.commands.load_demo_records import RECORDS
from rotation.models import Credential
from tests.configuration.conftest import Exported, manage
from tests.conftest import report
from tools import dotenv
from tools.dotenv import demo_environment
from traces.models import TraceRecord


def run(command: str) -> str:
    output = StringIO()
    call_command(command, stdout=output)
    return output.getvalue()


def write_dotenv(folder: Path) -> Path:
    """Run tools.dotenv as `make run` does, in a folder that holds nothing else."""
    (folder / "tools").mkdir(exist_ok=True)
    shutil.copy(str(dotenv.__file__), folder / "tools" / "dotenv.py")
    subprocess.run([sys.executable, "-m", "tools.dotenv"], cwd=folder, check=True, timeout=60)
    return folder / ".env"


def values(environment: str) -> dict[str, str]:
    return dict(line.split("=", maxsplit=1) for line in environment.splitlines())


def test_the_demos_environment_boots(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(demo_environment())
    exported(dict.fromkeys(values(demo_environment())), ENV_FILE=str(tmp_path / ".env"))

    environment = read_environment()

    assert (environment.debug, environment.https, environment.access) == (False, False, "open")
    assert environment.allowed_hosts == ("127.0.0.1", "localhost")
    assert (environment.decision_provider, len(environment.fingerprint_keys)) == ("rules", 1)


def test_the_demo_boots_with_one_known_warning(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(demo_environment())

    checked = manage("check", environment={"ENV_FILE": str(tmp_path / ".env")})

    assert checked.returncode == 0
    assert re.findall(r"\((\w+\.\w\d+)\)", checked.stderr) == ["rotation.W001"]


@pytest.mark.parametrize("name", ["SECRET_KEY", "FINGERPRINT_KEYS"])
def test_the_demos_secrets_are_new_each_time(name: str) -> None:
    first, second = values(demo_environment()), values(demo_environment())

    assert first[name] != second[name]
    assert len(first[name]) >= 40


def test_only_its_owner_may_read_the_demos_environment(tmp_path: Path) -> None:
    written = write_dotenv(tmp_path)

    assert written.stat().st_mode & 0o777 == 0o600
    assert values(written.read_text()).keys() == values(demo_environment()).keys()


def test_an_existing_environment_is_kept(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RELEASE=mine\n")

    assert write_dotenv(tmp_path).read_text() == "RELEASE=mine\n"


def test_the_demos_records_are_loaded_once(db: None) -> None:
    run("load_demo_records")
    before = set(Credential.objects.values_list("pk", flat=True))

    printed = run("load_demo_records")

    assert set(Credential.objects.values_list("pk", flat=True)) == before
    assert Credential.objects.count() == len(RECORDS)
    assert printed == "6 demo credential records are in place.\n"


def test_loading_again_moves_the_demos_dates(db: None) -> None:
    run("load_demo_records")
    Credential.objects.update(issued_on="2020-01-01", observed_at=timezone.now() - timedelta(days=9))

    run("load_demo_records")

    record = Credential.objects.get(account_id="acct_10234")
    assert record.issued_on == timezone.now().date() - timedelta(days=12)
    assert timezone.now() - record.observed_at < timedelta(minutes=1)


def test_a_record_with_another_source_is_kept(db: None) -> None:
    run("load_demo_records")
    edited = {"source": "inventory", "issued_on": "2020-01-01", "kind": "other", "state": "rotated"}
    Credential.objects.filter(account_id="acct_10234").update(**edited)

    run("load_demo_records")

    assert {
        name: str(value) for name, value in Credential.objects.values(*edited).get(account_id="acct_10234").items()
    } == edited


def test_an_operators_change_of_a_demo_record_is_kept(db: None) -> None:
    run("load_demo_records")
    Credential.objects.filter(account_id="acct_10234").update(state="disabled")

    run("load_demo_records")

    assert Credential.objects.get(account_id="acct_10234").state == "disabled"


def test_loading_the_demos_records_keeps_the_traces(client: Client, db: None) -> None:
    run("load_demo_records")
    trace_id = client.post("/rotation/decide", report(), content_type="application/json").json()["trace_id"]

    run("load_demo_records")

    assert [row.trace_id for row in TraceRecord.objects.all()] == [trace_id]


@pytest.mark.parametrize(
    ("account_id", "item", "status", "outcome"),
    [
        ("acct_10234", {}, "completed", "eligible"),
        ("acct_20468", {}, "completed", "needs_review"),
        ("acct_30702", {}, "completed", "needs_review"),
        ("acct_40936", {}, "completed", "needs_review"),
        ("acct_51170", {}, "failed", "credential_ambiguous"),
        ("acct_51170", {"item": "loader-blue"}, "completed", "eligible"),
        ("acct_99999", {}, "failed", "account_unknown"),
    ],
)
def test_the_demos_records_show_every_kind_of_outcome(
    client: Client, db: None, account_id: str, item: dict[str, str], status: str, outcome: str
) -> None:
    run("load_demo_records")

    body = client.post("/rotation/decide", report(account_id, **item), content_type="application/json").json()

    assert (body["status"], body["decision"] or body["error_code"]) == (status, outcome)


def test_the_first_operator_gets_a_password_that_signs_in(db: None) -> None:
    printed = re.fullmatch(r"Operator login: (\S+)   password \(shown this once\): (\S+)\n", run("create_operator"))

    assert printed
    user = authenticate(HttpRequest(), username=printed[1], password=printed[2])
    assert isinstance(user, User)
    assert (user.is_staff, user.is_superuser) == (True, True)


def test_a_second_operator_is_not_created(db: None) -> None:
    run("create_operator")
    password = User.objects.get().password

    printed = run("create_operator")

    assert printed == "An operator login exists.\n"
    assert User.objects.get().password == password


def test_a_user_with_staff_status_counts_as_the_operator(db: None) -> None:
    User.objects.create_user("ada", is_staff=True)

    assert run("create_operator") == "An operator login exists.\n"


def test_a_user_without_staff_status_does_not_count_as_the_operator(db: None) -> None:
    User.objects.create_user("ada")

    assert run("create_operator").startswith("Operator login: operator ")
