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

pytestmark = pytest.mark.any_database


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


def test_the_demos_environment_boots_without_a_warning(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(demo_environment())
    exported(dict.fromkeys(values(demo_environment())), ENV_FILE=str(tmp_path / ".env"))

    environment = read_environment()
    checked = manage("check", environment={"ENV_FILE": str(tmp_path / ".env")})

    assert (environment.debug, environment.https, environment.access) == (False, False, "open")
    assert environment.allowed_hosts == ("127.0.0.1", "localhost")
    assert (environment.decision_provider, len(environment.fingerprint_keys)) == ("rules", 1)
    assert checked.returncode == 0
    assert checked.stderr == ""


def test_the_demos_secrets_are_new_each_time() -> None:
    first, second = values(demo_environment()), values(demo_environment())

    for name in ("SECRET_KEY", "FINGERPRINT_KEYS"):
        assert first[name] != second[name]
        assert len(first[name]) >= 40


def test_the_environment_is_readable_by_its_owner_alone_and_written_once(tmp_path: Path) -> None:
    written = write_dotenv(tmp_path)
    before = written.read_text()

    assert written.stat().st_mode & 0o777 == 0o600
    assert values(before).keys() == values(demo_environment()).keys()
    assert write_dotenv(tmp_path).read_text() == before


def test_the_demos_records_are_loaded_once_and_traces_are_kept(client: Client, db: None) -> None:
    run("load_demo_records")
    before = set(Credential.objects.values_list("pk", flat=True))
    trace_id = client.post("/rotation/decide", report(), content_type="application/json").json()["trace_id"]

    printed = run("load_demo_records")

    assert set(Credential.objects.values_list("pk", flat=True)) == before
    assert len(before) == len(RECORDS)
    assert printed == "6 demo credential records are in place.\n"
    assert TraceRecord.objects.get().trace_id == trace_id


def test_loading_again_moves_the_dates_and_keeps_an_operators_changes(db: None) -> None:
    """A record from another source is not the demo's any more."""
    run("load_demo_records")
    Credential.objects.update(issued_on="2020-01-01", observed_at=timezone.now() - timedelta(days=9))
    inventory = {"source": "inventory", "issued_on": "2020-01-01", "kind": "other", "state": "rotated"}
    unknown = {"issued_on": "0001-01-01", "issued_on_known": False}
    Credential.objects.filter(account_id="acct_10234").update(state="disabled", **unknown)
    Credential.objects.filter(account_id="acct_20468").update(**inventory)

    run("load_demo_records")

    demo = Credential.objects.get(account_id="acct_10234")
    assert (demo.issued_on, demo.state) == (timezone.now().date() - timedelta(days=12), "disabled")
    assert demo.issued_on_known
    assert timezone.now() - demo.observed_at < timedelta(minutes=1)
    kept = Credential.objects.values(*inventory).get(account_id="acct_20468")
    assert {name: str(value) for name, value in kept.items()} == inventory


def test_the_demos_records_show_every_kind_of_outcome(client: Client, db: None) -> None:
    run("load_demo_records")

    for account_id, item, outcome in (
        ("acct_10234", {}, "eligible"),
        ("acct_20468", {}, "needs_review"),
        ("acct_30702", {}, "needs_review"),
        ("acct_40936", {}, "needs_review"),
        ("acct_51170", {}, "credential_ambiguous"),
        ("acct_51170", {"item": "loader-blue"}, "eligible"),
        ("acct_99999", {}, "account_unknown"),
    ):
        sent = report(account_id, **item)
        body = client.post("/rotation/decide", sent, content_type="application/json").json()
        assert (body["decision"] or body["error_code"]) == outcome, sent
        assert body["status"] == ("completed" if body["decision"] else "failed"), sent


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

    assert printed == f"Operator login: operator   new password: {sys.executable} manage.py changepassword operator\n"
    assert User.objects.get().password == password


def test_only_a_user_with_staff_status_counts_as_the_operator(db: None) -> None:
    User.objects.create_user("ada")
    assert run("create_operator").startswith("Operator login: operator ")

    User.objects.all().delete()
    User.objects.create_user("ada", is_staff=True)
    assert (
        run("create_operator") == f"Operator login: ada   new password: {sys.executable} manage.py changepassword ada\n"
    )
