"""The variables of the model's server: what boots, what stops the boot, and that no error repeats a value."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pydantic import SecretStr

from boundary.servers import SERVERS
from config.environment import read_environment
from config.provider_environment import ProviderEnvironment
from tests.configuration.conftest import Exported

pytestmark = pytest.mark.any_database

CANARY = "canary-7d1e"
FILE, OTHER_FILE = "{file}", "{other_file}"
# A value, and what it is read as; without the second part it is read as it is.
GOOD: dict[str, tuple[str | tuple[str, object], ...]] = {
    "OPENAI_SERVER": tuple(SERVERS),
    "OPENAI_BASE_URL": ("https://host/v1/", "http://[::1]:8080/a/b/v1", "https://host.example"),
    "OPENAI_MODEL": ("", "gpt-5", "org/model-1:latest", "accounts/a#1~preview,b@2+c", "m" * 200),
    "OPENAI_API_KEY": ("", "sk-!~x="),
    "OPENAI_API_KEY_FILE": ("", FILE),
    "OPENAI_WIRE": ("chat", "responses"),
    "OPENAI_MAX_COMPLETION_TOKENS": (("16", 16), ("100000", 100_000)),
    "OPENAI_ANSWER_FORMAT": (("", None), "json_schema", "json_object", "prompt"),
    "OPENAI_LIMIT_FIELD": (("", None), "max_completion_tokens", "max_tokens"),
    "OPENAI_STORE": (("", None), "false", "omit"),
    "OPENAI_SYSTEM_ROLE": (("", None), "system", "developer", "user"),
    "OPENAI_REASONING_EFFORT": (("", None), "none", "minimal", "low", "medium", "high", "xhigh"),
    "OPENAI_TEMPERATURE": (("", None), ("0", 0.0), ("0.2", 0.2), ("2", 2.0)),
    "OPENAI_EXTRA_HEADERS": (
        "", ("{}", ""), '{"X-Tenant": "a b", "api-key": ""}', json.dumps({f"X-{n}": "v" for n in range(20)}),
        json.dumps({"X" * 100: "v" * 4000}),
    ),
    "OPENAI_EXTRA_QUERY": (("", {}), ("a=b", {"a": "b"}), ("a=b&c=d%20e", {"a": "b", "c": "d e"})),
    "OPENAI_API_VERSION": ("", "2024-10-21", "2025-04-01-preview", "v1"),
    "OPENAI_PROXY": (
        "", "http://proxy:3128", "https://user:p%40ss@proxy.example:443", "socks5://127.0.0.1:1080",
        "socks5h://user:pw@[::1]:1080", "http://proxy",
    ),
    "OPENAI_CA_FILE": ("", FILE),
    "OPENAI_CLIENT_CERTIFICATE_FILE": ("", FILE),
}  # fmt: skip
CANNOT_BE_FILES = (f"/nowhere/{CANARY}", "/", f"-----BEGIN PRIVATE KEY----- {CANARY} " + "x" * 5000)
BAD: dict[str, tuple[str, ...]] = {
    "OPENAI_SERVER": ("", CANARY, "OpenAI", "openai "),
    "OPENAI_BASE_URL": (
        "", CANARY, f"ftp://{CANARY}", f"https://user:{CANARY}@host/v1", f"https://{CANARY}@host/v1",
        f"https://host/v1?key={CANARY}", f"https://host/v1#{CANARY}", f"https://[{CANARY}]/v1",
        f"https://host:{CANARY}/v1",
    ),
    "OPENAI_MODEL": (f"{CANARY} {CANARY}", CANARY + "\n", f"{CANARY}é", CANARY + "x" * 200, f'{CANARY}"'),
    "OPENAI_API_KEY": (f"{CANARY} {CANARY}", f"{CANARY}é", f"{CANARY}\n", f"{CANARY}\tx", f"{CANARY}\x7f"),
    "OPENAI_API_KEY_FILE": CANNOT_BE_FILES,
    "OPENAI_WIRE": ("", CANARY, "Chat"),
    "OPENAI_MAX_COMPLETION_TOKENS": ("", CANARY, "15", "100001", "1.5"),
    "OPENAI_ANSWER_FORMAT": (CANARY, "text"),
    "OPENAI_LIMIT_FIELD": (CANARY, "max_output_tokens"),
    "OPENAI_STORE": (CANARY, "true"),
    "OPENAI_SYSTEM_ROLE": (CANARY, "assistant"),
    "OPENAI_REASONING_EFFORT": (CANARY, "highest"),
    "OPENAI_TEMPERATURE": (CANARY, "-0.1", "2.1", "nan", "inf"),
    "OPENAI_EXTRA_HEADERS": (
        CANARY, f'["{CANARY}"]', f'"{CANARY}"', f'{{"X-A": "{CANARY}"', f'{{"X-A": ["{CANARY}"]}}', '{"X-A": 7}',
        f'{{"X-A": "{CANARY}\\r\\nX-B: c"}}', f'{{"X-A": "{CANARY}é"}}', f'{{"X A": "{CANARY}"}}',
        f'{{"": "{CANARY}"}}', f'{{"X-A:": "{CANARY}"}}', f'{{"Authorization": "Bearer {CANARY}"}}',
        f'{{"HOST": "{CANARY}"}}', f'{{"content-Length": "{CANARY}"}}', f'{{"Transfer-Encoding": "{CANARY}"}}',
        f'{{"Connection": "{CANARY}"}}', f'{{"Content-Type": "{CANARY}"}}', json.dumps({"X": CANARY + "v" * 4000}),
        json.dumps({f"X-{n}": CANARY for n in range(21)}), "[" * 20_000, json.dumps({"X" * 101: CANARY}),
        '{"X-A": null}', f'{{"X-A": "{CANARY}\\ud800"}}', f'{{"X-\u00c4": "{CANARY}"}}',
    ),
    "OPENAI_EXTRA_QUERY": (CANARY, f"a={CANARY}&b", f"={CANARY}&", "&".join(f"a{n}={CANARY}" for n in range(21))),
    "OPENAI_API_VERSION": (f"{CANARY} ", f"{CANARY}&a=b", CANARY + "x" * 40, f"{CANARY}\n"),
    "OPENAI_PROXY": (
        CANARY, f"{CANARY}:3128", f"ftp://{CANARY}:1", f"http://user:{CANARY}@", f"socks4://{CANARY}:1080", "http://",
        f"http://user:{CANARY} x@host", f"http://user:{CANARY}é@host", f"http://[{CANARY}]:1", f"http://[{CANARY}",
        f"http://user:{CANARY}\u2100@host", f"http://host:{CANARY}", "http://host:99999", f"http://host\n{CANARY}",
    ),
    "OPENAI_CA_FILE": CANNOT_BE_FILES,
    "OPENAI_CLIENT_CERTIFICATE_FILE": CANNOT_BE_FILES,
    "OPENAI_CLIENT_KEY_FILE": CANNOT_BE_FILES,
}  # fmt: skip
NEEDS_A_CERTIFICATE = {"OPENAI_CLIENT_KEY_FILE"}


def test_every_variable_of_the_server_is_tried() -> None:
    names = {name.upper() for name in ProviderEnvironment.model_fields}

    assert set(BAD) == names
    assert set(GOOD) | NEEDS_A_CERTIFICATE == names


def good_values(file: Path) -> Iterator[tuple[str, str, object]]:
    for name, values in GOOD.items():
        for each in values:
            value, read = each if isinstance(each, tuple) else (each, each)
            text = value.replace(FILE, str(file))
            yield name, text, str(file) if read == FILE else read


def test_a_good_value_is_read(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    wrong = {}
    for name, value, right in good_values(tmp_path / "file"):
        exported({name: value})
        read = getattr(read_environment(), name.lower())
        shown = read.get_secret_value() if isinstance(read, SecretStr) else read
        if shown != right:
            wrong[f"{name}={value}"] = shown

    assert wrong == {}


@pytest.mark.parametrize("name", BAD)
def test_the_error_for_a_bad_value_has_the_name_and_not_the_value(
    name: str, exported: Exported, subtests: pytest.Subtests
) -> None:
    for value in BAD[name]:
        exported({name: value})
        with subtests.test(value[:60]):
            with pytest.raises(ImproperlyConfigured) as error:
                read_environment()
            assert str(error.value).startswith(f"{name}: ")
            assert "\n" not in str(error.value)
            assert "canary" not in str(error.value)
            assert error.value.__suppress_context__


def test_a_client_key_needs_its_certificate(exported: Exported, tmp_path: Path) -> None:
    key = tmp_path / CANARY
    key.touch()
    exported(OPENAI_CLIENT_KEY_FILE=str(key))
    with pytest.raises(ImproperlyConfigured, match="OPENAI_CLIENT_KEY_FILE needs OPENAI_CLIENT_CERT") as error:
        read_environment()
    assert CANARY not in str(error.value)

    exported(OPENAI_CLIENT_KEY_FILE=str(key), OPENAI_CLIENT_CERTIFICATE_FILE=str(key))
    assert read_environment().openai_client_key_file == str(key)


def test_a_key_may_be_in_a_file_that_changes(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(CANARY)

    exported(DECISION_PROVIDER="openai", OPENAI_MODEL="model-1", OPENAI_API_KEY_FILE=str(tmp_path / "key"))

    assert read_environment().has_key()


def test_secrets_do_not_show_when_the_environment_is_printed(exported: Exported) -> None:
    exported(
        OPENAI_API_KEY=CANARY,
        OPENAI_EXTRA_HEADERS=json.dumps({"X-A": CANARY}),
        OPENAI_PROXY=f"http://user:{CANARY}@proxy:1",
    )

    environment = read_environment()

    assert environment.openai_proxy.get_secret_value() == f"http://user:{CANARY}@proxy:1"
    assert not re.search("canary", repr(environment) + str(environment))
