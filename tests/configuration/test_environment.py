"""The environment: what boots, what stops the boot, and that no error repeats a value."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import BASE_DIR, Environment, read_environment
from config.version import VERSION
from tests.configuration.conftest import VALID, Exported, manage

pytestmark = pytest.mark.any_database

CANARY = "canary-7d1e-canary-7d1e"
PATHS = {"SECRETS_DIR", "ENV_FILE"}

BAD = {
    "no SECRET_KEY": ("SECRET_KEY", None),
    "empty SECRET_KEY": ("SECRET_KEY", ""),
    "short SECRET_KEY": ("SECRET_KEY", "canary-7d1e"),
    "no FINGERPRINT_KEYS": ("FINGERPRINT_KEYS", None),
    "empty FINGERPRINT_KEYS": ("FINGERPRINT_KEYS", ""),
    "FINGERPRINT_KEYS of commas": ("FINGERPRINT_KEYS", ",,"),
    "fingerprint key without an id": ("FINGERPRINT_KEYS", CANARY),
    "fingerprint key with an empty id": ("FINGERPRINT_KEYS", f":{CANARY}"),
    "fingerprint key with an odd id": ("FINGERPRINT_KEYS", f"Key_1:{CANARY}"),
    "fingerprint key with a long id": ("FINGERPRINT_KEYS", f"{'k' * 33}:{CANARY}"),
    "short fingerprint key": ("FINGERPRINT_KEYS", f"a:{CANARY},b:canary-7d1e"),
    "same fingerprint id twice": ("FINGERPRINT_KEYS", f"a:{CANARY},a:{CANARY}-2"),
    "no DATABASE_URL": ("DATABASE_URL", None),
    "empty DATABASE_URL": ("DATABASE_URL", ""),
    "DATABASE_URL of another database": ("DATABASE_URL", f"mysql://user:{CANARY}@host/name"),
    "DATABASE_URL without a scheme": ("DATABASE_URL", CANARY),
    "DATABASE_URL without a path": ("DATABASE_URL", "sqlite:///"),
    "DATABASE_URL with a host for SQLite": ("DATABASE_URL", f"sqlite://{CANARY}"),
    "DATABASE_URL without a name": ("DATABASE_URL", f"postgresql://user:{CANARY}@host"),
    "DATABASE_URL with an unknown option": ("DATABASE_URL", f"postgresql://user:{CANARY}@host/name?{CANARY}=1"),
    "DATABASE_URL with a bad escape": ("DATABASE_URL", f"postgresql://user:{CANARY}%zz@host/name"),
    "HTTPS": ("HTTPS", CANARY),
    "empty HTTPS": ("HTTPS", ""),
    "DEBUG": ("DEBUG", CANARY),
    "ACCESS": ("ACCESS", CANARY),
    "RELEASE": ("RELEASE", f"{CANARY} {CANARY}"),
    "DECISION_PROVIDER": ("DECISION_PROVIDER", CANARY),
    "ROTATION_PROMPT": ("ROTATION_PROMPT", CANARY),
    "OPENAI_BASE_URL": ("OPENAI_BASE_URL", f"ftp://{CANARY}"),
    "OPENAI_BASE_URL cut off": ("OPENAI_BASE_URL", f"https://[{CANARY}/v1"),
    "OPENAI_BASE_URL with a port too high": ("OPENAI_BASE_URL", f"https://{CANARY}:99999/v1"),
    "OPENAI_BASE_URL with a password": ("OPENAI_BASE_URL", f"https://user:{CANARY}@host/v1"),
    "OPENAI_BASE_URL with a query": ("OPENAI_BASE_URL", f"https://host/v1?key={CANARY}"),
    "OPENAI_API_KEY with a blank": ("OPENAI_API_KEY", f"{CANARY} {CANARY}"),
    "OPENAI_API_KEY beyond ASCII": ("OPENAI_API_KEY", f"{CANARY}\N{LATIN SMALL LETTER U WITH DIAERESIS}"),
    "no ALLOWED_HOSTS": ("ALLOWED_HOSTS", None),
    "empty ALLOWED_HOSTS": ("ALLOWED_HOSTS", ","),
    "OPENAI_MODEL": ("OPENAI_MODEL", f"{CANARY} {CANARY}"),
    "ALLOWED_HOSTS of any host": ("ALLOWED_HOSTS", "*"),
    "ALLOWED_HOSTS of a whole domain": ("ALLOWED_HOSTS", "www.example.test,.example.test"),
    "DECISION_DEADLINE_SECONDS": ("DECISION_DEADLINE_SECONDS", CANARY),
    "DECISION_DEADLINE_SECONDS of nothing": ("DECISION_DEADLINE_SECONDS", "0"),
    "DECISION_DEADLINE_SECONDS too long": ("DECISION_DEADLINE_SECONDS", "41"),
    "DECISION_DEADLINE_SECONDS not a number": ("DECISION_DEADLINE_SECONDS", "nan"),
    "DECISION_DEADLINE_SECONDS without end": ("DECISION_DEADLINE_SECONDS", "inf"),
    "INTERRUPTED_GRACE_SECONDS": ("INTERRUPTED_GRACE_SECONDS", "-1"),
    "DECISIONS_IN_FLIGHT": ("DECISIONS_IN_FLIGHT", "0"),
    "DECISIONS_IN_FLIGHT in parts": ("DECISIONS_IN_FLIGHT", "1.5"),
    "SUBMITTER_DECISIONS_PER_MINUTE": ("SUBMITTER_DECISIONS_PER_MINUTE", "0"),
    "SUBMITTER_DECISIONS_PER_DAY": ("SUBMITTER_DECISIONS_PER_DAY", CANARY),
    "DECISIONS_PER_MINUTE": ("DECISIONS_PER_MINUTE", "-1"),
    "DECISIONS_PER_DAY": ("DECISIONS_PER_DAY", "100001"),
    "DATABASE_POOL_SIZE": ("DATABASE_POOL_SIZE", CANARY),
    "OPENAI_MAX_COMPLETION_TOKENS": ("OPENAI_MAX_COMPLETION_TOKENS", "1"),
    "TRACE_RETENTION_DAYS": ("TRACE_RETENTION_DAYS", "0"),
    "EMAIL_HOST": ("EMAIL_HOST", f"{CANARY} {CANARY}"),
    "EMAIL_PORT": ("EMAIL_PORT", "0"),
    "EMAIL_TLS": ("EMAIL_TLS", CANARY),
    "DEFAULT_FROM_EMAIL": ("DEFAULT_FROM_EMAIL", CANARY),
}


def test_the_required_variables_are_enough(exported: Exported) -> None:
    exported()

    environment = read_environment()

    assert environment.secret_key.get_secret_value() == VALID["SECRET_KEY"]
    assert (environment.debug, environment.https, environment.access) == (False, True, "members")
    assert (environment.decision_provider, environment.allowed_hosts) == ("rules", ("example.test",))


@pytest.mark.parametrize(("name", "value"), BAD.values(), ids=BAD)
def test_the_error_for_a_bad_value_has_the_name_and_not_the_value(
    exported: Exported, name: str, value: str | None
) -> None:
    exported({name: value})

    with pytest.raises(ImproperlyConfigured) as error:
        read_environment()

    assert str(error.value).startswith(f"{name}: ")
    assert "canary" not in str(error.value)
    assert error.value.__suppress_context__


@pytest.mark.parametrize(
    ("given", "absent"),
    [
        ({}, "OPENAI_MODEL and OPENAI_API_KEY"),
        ({"OPENAI_MODEL": "model-1"}, "OPENAI_API_KEY"),
        ({"OPENAI_API_KEY": CANARY}, "OPENAI_MODEL"),
    ],
    ids=["both", "key", "model"],
)
def test_a_model_needs_a_name_and_a_key(exported: Exported, given: dict[str, str], absent: str) -> None:
    exported(given, DECISION_PROVIDER="openai")

    with pytest.raises(ImproperlyConfigured) as error:
        read_environment()

    assert str(error.value).endswith(f"DECISION_PROVIDER=openai needs {absent}")
    assert CANARY not in str(error.value)


def test_a_model_with_a_name_and_a_key_boots(exported: Exported) -> None:
    exported(DECISION_PROVIDER="openai", OPENAI_MODEL="org/model-1:latest", OPENAI_API_KEY=CANARY)

    environment = read_environment()

    assert environment.openai_api_key.get_secret_value() == CANARY
    assert CANARY not in repr(environment)


def test_secrets_do_not_show_when_the_environment_is_printed(exported: Exported) -> None:
    exported(FINGERPRINT_KEYS=f"test:{CANARY}", SECRET_KEY=CANARY * 3)

    assert CANARY not in repr(read_environment())


def test_fingerprint_keys_are_read_in_order(exported: Exported) -> None:
    exported(FINGERPRINT_KEYS="new-2:0123456789abcdef:x, old-1:fedcba9876543210 ,")

    keys = read_environment().fingerprint_keys

    assert [(key.id, key.secret) for key in keys] == [("new-2", "0123456789abcdef:x"), ("old-1", "fedcba9876543210")]


def test_hosts_are_separated_by_commas(exported: Exported) -> None:
    exported(ALLOWED_HOSTS=" example.test, ,127.0.0.1 ")

    assert read_environment().allowed_hosts == ("example.test", "127.0.0.1")


def test_every_bad_variable_is_named_at_once(exported: Exported) -> None:
    exported(SECRET_KEY=None, HTTPS=CANARY, DATABASE_URL=CANARY)

    with pytest.raises(ImproperlyConfigured) as error:
        read_environment()

    assert [line.partition(":")[0] for line in str(error.value).splitlines()] == [
        "SECRET_KEY",
        "HTTPS",
        "DATABASE_URL",
    ]


SECRET = "a-secret-that-is-kept-in-a-file-0123456789-abcdefghijkl"


@pytest.mark.parametrize("name", ["SECRET_KEY", "secret_key"])
def test_a_secret_may_be_in_a_file_of_its_name(exported: Exported, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(SECRET + "\n")
    exported(SECRET_KEY=None, SECRETS_DIR=str(tmp_path))

    assert read_environment().secret_key.get_secret_value() == SECRET


@pytest.mark.parametrize("content", ["canary-7d1e", "\n"], ids=["short", "empty"])
def test_the_error_for_a_bad_secret_in_a_file_does_not_repeat_it(
    exported: Exported, tmp_path: Path, content: str
) -> None:
    (tmp_path / "SECRET_KEY").write_text(content)
    exported(SECRET_KEY=None, SECRETS_DIR=str(tmp_path))

    with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY: ") as error:
        read_environment()

    assert "canary" not in str(error.value)


@pytest.mark.parametrize("path", ["absent", "file"])
def test_a_secrets_dir_that_is_not_a_directory_stops_the_boot(exported: Exported, tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    exported(SECRETS_DIR=str(tmp_path / path))

    with pytest.raises(ImproperlyConfigured, match=r"^SECRETS_DIR: is not a directory$"):
        read_environment()


@pytest.mark.parametrize(
    ("sources", "release"),
    [
        ({"process", "file", "secrets"}, "of-process"),
        ({"file", "secrets"}, "of-file"),
        ({"secrets"}, "of-secrets"),
        (set(), VERSION),
    ],
    ids=["process first", "then the file", "then the secrets", "then the default"],
)
def test_the_process_wins_over_the_file_and_the_file_over_secrets(
    exported: Exported, tmp_path: Path, sources: set[str], release: str
) -> None:
    (tmp_path / "file.env").write_text("RELEASE=of-file\n" if "file" in sources else "")
    if "secrets" in sources:
        (tmp_path / "RELEASE").write_text("of-secrets")
    exported(
        ENV_FILE=str(tmp_path / "file.env"),
        SECRETS_DIR=str(tmp_path),
        RELEASE="of-process" if "process" in sources else None,
    )

    assert read_environment().release == release


def test_an_empty_release_is_the_version(exported: Exported) -> None:
    exported(RELEASE="")

    assert read_environment().release == VERSION


def test_the_example_names_every_variable() -> None:
    example = (BASE_DIR / ".env.example").read_text()

    names = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))

    assert names == {name.upper() for name in Environment.model_fields} | PATHS


def test_the_example_states_the_defaults(exported: Exported) -> None:
    exported()
    defaults = read_environment()

    exported(ENV_FILE=str(BASE_DIR / ".env.example"))

    assert read_environment() == defaults


def test_a_stopped_boot_prints_the_variables_and_no_value() -> None:
    bad = {
        "SECRET_KEY": "canary-7d1e",
        "FINGERPRINT_KEYS": "test:canary-7d1e",
        "DATABASE_URL": f"postgresql://user:{CANARY}@host/name?{CANARY}=1",
        "HTTPS": CANARY,
        "DECISION_DEADLINE_SECONDS": CANARY,
    }

    stopped = manage("check", environment={"ENV_FILE": "", **bad})

    assert stopped.returncode == 1
    assert all(f"{name}: " in stopped.stderr for name in bad)
    assert "canary" not in stopped.stdout + stopped.stderr


def test_a_boot_without_an_environment_is_stopped() -> None:
    stopped = manage("check", environment={"ENV_FILE": ""})

    assert stopped.returncode == 1
    assert stopped.stderr.splitlines()[-3:] == [
        "ALLOWED_HOSTS: Field required",
        "DATABASE_URL: Field required",
        "FINGERPRINT_KEYS: Field required",
    ]


def test_an_env_file_that_does_not_exist_stops_the_boot(exported: Exported, tmp_path: Path) -> None:
    exported(ENV_FILE=str(tmp_path / "canary"))

    with pytest.raises(ImproperlyConfigured, match=r"^ENV_FILE: is not a file$"):
        read_environment()
