"""`sh deploy/secrets.sh` makes the secrets that compose mounts, once."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.configuration.conftest import manage
from tests.deploy.compose import read, service
from tests.deploy.programs import copy_of

pytestmark = pytest.mark.any_database

RANDOM = ("secret_key", "fingerprint_keys", "metrics_token", "postgres_password", "database_url", "tls_key.pem")


def make_secrets(folder: Path, *, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(folder / "deploy/secrets.sh")]
    return subprocess.run(command, cwd="/", env={"PATH": path}, capture_output=True, text=True, check=False)


def secrets_in(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "secrets").iterdir()}


def test_script_makes_the_files_that_compose_mounts(site: Path) -> None:
    mounted = {Path(secret["file"]).name for secret in read()["secrets"].values()}

    assert set(secrets_in(site)) == mounted


def test_secrets_are_readable_for_containers_only(site: Path) -> None:
    folder = site / "secrets"

    modes = {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}

    assert (stat.S_IMODE(folder.stat().st_mode), modes) == (0o700, {0o444})


def test_second_run_makes_only_missing_secrets(tmp_path: Path) -> None:
    copy_of("deploy/secrets.sh", folder=tmp_path)
    first, made = make_secrets(tmp_path), secrets_in(tmp_path)
    (tmp_path / "secrets/metrics_token").unlink()
    second, after = make_secrets(tmp_path), secrets_in(tmp_path)

    changed = {name for name in made if made[name] != after.get(name)}

    assert (first.returncode, second.returncode, changed) == (0, 0, {"metrics_token"})
    assert second.stdout.count("made ") == 1


def test_secrets_are_random_and_not_printed(site: Path, tmp_path: Path) -> None:
    copy_of("deploy/secrets.sh", folder=tmp_path)
    run = make_secrets(tmp_path)

    assert [name for name in RANDOM if secrets_in(site)[name] == secrets_in(tmp_path)[name]] == []
    assert [name for name in RANDOM if secrets_in(tmp_path)[name].decode().strip() in run.stdout + run.stderr] == []


def test_missing_openssl_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    copy_of("deploy/secrets.sh", folder=tmp_path)
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs/dirname").symlink_to("/usr/bin/dirname")

    run = make_secrets(tmp_path, path=str(tmp_path / "programs"))

    assert run.returncode == 1
    assert "apt-get install openssl" in run.stderr
    assert not (tmp_path / "secrets").exists()


def test_service_boots_with_the_secrets_and_settings_of_compose(site: Path) -> None:
    environment = service("web")["environment"] | {"SECRETS_DIR": str(site / "secrets"), "PATH": os.environ["PATH"]}
    command = "from django.conf import settings; print(settings.DATABASES['default']['HOST'], settings.HTTPS)"

    run = manage("shell", "--no-imports", "--command", command, environment=environment)

    assert (run.stdout.strip(), run.stderr, run.returncode) == ("postgres True", "", 0)


def test_database_url_has_the_password_of_postgres(site: Path) -> None:
    secrets = {name: content.decode().strip() for name, content in secrets_in(site).items()}
    postgres = service("postgres")["environment"]

    assert secrets["database_url"] == "postgresql://{}:{}@postgres/{}".format(
        postgres["POSTGRES_USER"], secrets["postgres_password"], postgres["POSTGRES_DB"]
    )
