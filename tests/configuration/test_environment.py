"""The environment: what boots, what stops the boot, and that no error repeats a value."""

import re
from pathlib import Path
from runpy import run_path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import BASE_DIR, Environment, read_environment
from config.version import VERSION
from tests.configuration.conftest import VALID, Exported, manage

pytestmark = pytest.mark.any_database

CANARY = "canary-7d1e-canary-7d1e"

BAD: dict[str, tuple[str | None, ...]] = {
    "SECRET_KEY": (None, "", "canary-7d1e"),
    "FINGERPRINT_KEYS": (
        None, "", ",,",
        CANARY, f":{CANARY}", f"Key_1:{CANARY}", f"{'k' * 33}:{CANARY}",  # ids
        f"a:{CANARY},b:canary-7d1e", f"a:{CANARY},a:{CANARY}-2",  # a short key, one id twice
    ),
    "DATABASE_URL": (
        None, "", CANARY, f"mysql://user:{CANARY}@host/name",
        "sqlite:///", f"sqlite://{CANARY}", f"sqlite:{CANARY}",
        f"postgresql://user:{CANARY}@host", f"postgresql://user:{CANARY}@host/name?{CANARY}=1",
        f"postgresql://user:{CANARY}%zz@host/name",
    ),
    "HTTPS": (CANARY, ""),
    "DEBUG": (CANARY,),
    "ACCESS": (CANARY,),
    "RELEASE": (f"{CANARY} {CANARY}",),
    "DECISION_PROVIDER": (CANARY,),
    "ROTATION_PROMPT": (CANARY,),
    "RECORD_FRESH_HOURS": (CANARY, "0", "-1", "1.5", "87601"),
    "OPENAI_BASE_URL": (
        f"ftp://{CANARY}", f"https://[{CANARY}/v1", f"https://{CANARY}:99999/v1",
        f"https://user:{CANARY}@host/v1", f"https://host/v1?key={CANARY}",
    ),
    "OPENAI_API_KEY": (f"{CANARY} {CANARY}", f"{CANARY}\N{LATIN SMALL LETTER U WITH DIAERESIS}"),
    "OPENAI_MODEL": (f"{CANARY} {CANARY}",),
    "ALLOWED_HOSTS": (None, ",", "*", "www.example.test,.example.test"),
    "SITE_ADDRESS": (
        CANARY, f"ftp://{CANARY}", f"https://{CANARY}/path", f"https://{CANARY}/", f"https://user:{CANARY}@example.test",
        f"https://{CANARY}:0", f"https://{CANARY}\n", f"https://{CANARY}?x", f" https://{CANARY}",
    ),
    "DECISION_DEADLINE_SECONDS": (CANARY, "0", "121", "nan", "inf"),
    "INTERRUPTED_GRACE_SECONDS": ("-1",),
    "DECISIONS_IN_FLIGHT": ("0", "1.5"),
    "SUBMITTER_DECISIONS_PER_MINUTE": ("0",),
    "SUBMITTER_DECISIONS_PER_DAY": (CANARY,),
    "DECISIONS_PER_MINUTE": ("-1",),
    "DECISIONS_PER_DAY": ("100001",),
    "DATABASE_POOL_SIZE": (CANARY,),
    "OPENAI_MAX_COMPLETION_TOKENS": ("1",),
    "TRACE_RETENTION_DAYS": ("0",),
    "TICKET_RETENTION_DAYS": ("0",),
    "TICKETS_PROMPT": (CANARY, "rotation_decision@1"),
    "TICKETS_MAX_COMPLETION_TOKENS": ("15",),
    "METRICS_TOKEN": ("canary", CANARY * 2 + " x", CANARY + "\u00e9" * 20),
    "EMAIL_HOST": (f"{CANARY} {CANARY}",),
    "EMAIL_PORT": ("0",),
    "EMAIL_TLS": (CANARY,),
    "DEFAULT_FROM_EMAIL": (CANARY,),
}  # fmt: skip


def test_the_required_variables_are_enough(exported: Exported) -> None:
    exported()

    environment = read_environment()

    assert environment.secret_key.get_secret_value() == VALID["SECRET_KEY"]
    assert (environment.debug, environment.https, environment.access) == (False, True, "members")
    assert (environment.decision_provider, environment.allowed_hosts) == ("rules", ("example.test",))


def test_the_error_for_a_bad_value_has_the_name_and_not_the_value(
    exported: Exported, subtests: pytest.Subtests
) -> None:
    for name, value in ((name, value) for name, values in BAD.items() for value in values):
        exported({name: value})
        with subtests.test(f"{name}={value}"):
            with pytest.raises(ImproperlyConfigured) as error:
                read_environment()
            assert str(error.value).startswith(f"{name}: ")
            assert "canary" not in str(error.value)
            assert error.value.__suppress_context__


def test_a_model_needs_a_name_and_a_key(exported: Exported) -> None:
    for given, absent in (
        ({}, "OPENAI_MODEL and OPENAI_API_KEY or OPENAI_API_KEY_FILE"),
        ({"OPENAI_MODEL": "model-1"}, "OPENAI_API_KEY or OPENAI_API_KEY_FILE"),
        ({"OPENAI_API_KEY": CANARY}, "OPENAI_MODEL"),
    ):
        exported(given, DECISION_PROVIDER="openai")
        with pytest.raises(ImproperlyConfigured) as error:
            read_environment()
        assert str(error.value).endswith(f"DECISION_PROVIDER=openai needs {absent}")
        assert CANARY not in str(error.value)


def test_site_address_names_one_of_our_hosts(exported: Exported) -> None:
    hosts = {"ALLOWED_HOSTS": "example.test,WWW.example.test"}
    for address in ("", "https://example.test", "https://www.example.test:8443"):
        exported(hosts, SITE_ADDRESS=address)
        assert read_environment().site_address == address

    for address, https in ((f"https://{CANARY}.test", "true"), ("http://example.test", "true")):
        exported(hosts, SITE_ADDRESS=address, HTTPS=https)
        with pytest.raises(ImproperlyConfigured, match="SITE_ADDRESS must") as error:
            read_environment()
        assert CANARY not in str(error.value)


def test_links_in_mails_begin_with_our_first_host_unless_told(exported: Exported) -> None:
    for changes, address in (
        ({}, "https://example.test"),
        ({"HTTPS": "false"}, "http://example.test"),
        ({"SITE_ADDRESS": "https://example.test:8443"}, "https://example.test:8443"),
    ):
        exported(changes)
        assert run_path(str(BASE_DIR / "config/settings.py"))["SITE_ADDRESS"] == address


def test_a_ticket_cannot_be_kept_longer_than_its_trace(exported: Exported) -> None:
    exported(TICKET_RETENTION_DAYS="91", TRACE_RETENTION_DAYS="90")

    with pytest.raises(ImproperlyConfigured, match="TICKET_RETENTION_DAYS may be at most TRACE_RETENTION_DAYS"):
        read_environment()


def test_secrets_do_not_show_when_the_environment_is_printed(exported: Exported) -> None:
    exported(
        FINGERPRINT_KEYS=f"test:{CANARY}", SECRET_KEY=CANARY * 3, OPENAI_API_KEY=CANARY,
        DECISION_PROVIDER="openai", OPENAI_MODEL="org/model-1:latest",
    )  # fmt: skip

    environment = read_environment()

    assert environment.openai_api_key.get_secret_value() == CANARY
    assert CANARY not in repr(environment)


def test_lists_are_separated_by_commas_and_keep_their_order(exported: Exported) -> None:
    exported(
        FINGERPRINT_KEYS="new-2:0123456789abcdef:x, old-1:fedcba9876543210 ,",
        ALLOWED_HOSTS=" example.test, ,127.0.0.1 ",
    )

    environment = read_environment()

    keys = [(key.id, key.secret) for key in environment.fingerprint_keys]
    assert keys == [("new-2", "0123456789abcdef:x"), ("old-1", "fedcba9876543210")]
    assert environment.allowed_hosts == ("example.test", "127.0.0.1")


def test_every_bad_variable_is_named_at_once(exported: Exported) -> None:
    exported(SECRET_KEY=None, HTTPS=CANARY, DATABASE_URL=CANARY)

    with pytest.raises(ImproperlyConfigured) as error:
        read_environment()

    names = [line.partition(":")[0] for line in str(error.value).splitlines()]
    assert names == ["SECRET_KEY", "HTTPS", "DATABASE_URL"]
    assert "DATABASE_URL: Value error, must be sqlite:///path or postgresql://" in str(error.value)


def test_a_secret_may_be_in_a_file_of_its_name(exported: Exported, tmp_path: Path) -> None:
    for name in ("SECRET_KEY", "secret_key"):
        secret = f"{VALID['SECRET_KEY']} in {name}"
        (tmp_path / name).write_text(secret + "\n")
        exported(SECRET_KEY=None, SECRETS_DIR=str(tmp_path))
        assert read_environment().secret_key.get_secret_value() == secret
        (tmp_path / name).unlink()


def test_the_error_for_a_bad_secret_in_a_file_does_not_repeat_it(exported: Exported, tmp_path: Path) -> None:
    exported(SECRET_KEY=None, SECRETS_DIR=str(tmp_path))

    for content in ("canary-7d1e", "\n"):
        (tmp_path / "SECRET_KEY").write_text(content)
        with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY: ") as error:
            read_environment()
        assert "canary" not in str(error.value)


def test_a_path_that_leads_nowhere_stops_the_boot(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for name, path, error in (
        ("SECRETS_DIR", "canary", "is not a directory"),
        ("SECRETS_DIR", "file", "is not a directory"),
        ("ENV_FILE", "canary", "is not a file"),
    ):
        exported({name: str(tmp_path / path)})
        with pytest.raises(ImproperlyConfigured, match=rf"^{name}: {error}$"):
            read_environment()


def test_the_process_wins_over_the_file_and_the_file_over_secrets(exported: Exported, tmp_path: Path) -> None:
    secret, file = tmp_path / "RELEASE", tmp_path / "file.env"
    secret.write_text("of-secrets")
    file.write_text("RELEASE=of-file\n")
    paths = {"ENV_FILE": str(file), "SECRETS_DIR": str(tmp_path)}

    exported(paths, RELEASE="of-process")
    of_process = read_environment().release
    exported(paths)
    of_file = read_environment().release
    file.write_text("")
    of_secrets = read_environment().release
    secret.unlink()

    assert (of_process, of_file, of_secrets) == ("of-process", "of-file", "of-secrets")
    assert read_environment().release == VERSION
    exported(RELEASE="")
    assert read_environment().release == VERSION


def test_the_example_names_every_variable_and_states_the_defaults(exported: Exported) -> None:
    example = BASE_DIR / ".env.example"
    names = set(re.findall(r"^([A-Z_]+)=", example.read_text(), re.MULTILINE))
    exported()
    defaults = read_environment()

    exported(ENV_FILE=str(example))

    assert names == {name.upper() for name in Environment.model_fields} | {"SECRETS_DIR", "ENV_FILE"}
    assert read_environment() == defaults


def test_a_stopped_boot_prints_the_variables_and_no_value() -> None:
    bad = {
        "SECRET_KEY": "canary-7d1e",
        "DATABASE_URL": f"postgresql://user:{CANARY}@host/name?{CANARY}=1",
        "HTTPS": CANARY,
        "DECISION_DEADLINE_SECONDS": CANARY,
    }

    stopped = manage("check", environment={"ENV_FILE": "", **bad})

    assert stopped.returncode == 1
    assert [name for name in bad if f"{name}: " not in stopped.stderr] == []
    assert {"ALLOWED_HOSTS: Field required", "FINGERPRINT_KEYS: Field required"} <= set(stopped.stderr.splitlines())
    assert "canary" not in stopped.stdout + stopped.stderr
