"""The variables of signing in: what boots, what stops the boot, and that no error repeats a value."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from config.boot import check_worker
from config.environment import read_environment
from tests.configuration.conftest import Exported

pytestmark = pytest.mark.any_database

CANARY = "canary-7d1e"
WHOLE = {"OIDC_ISSUER": "https://login.example.com/tenant/", "OIDC_CLIENT_ID": "id", "OIDC_CLIENT_SECRET": CANARY}
BAD: dict[str, tuple[str, ...]] = {
    "PASSWORD_SIGN_IN": ("", "false", CANARY),
    "STAFF_SECOND_FACTOR": ("", "on", CANARY),
    "OIDC_ISSUER": (
        CANARY, f"http://{CANARY}.example", f"http://{CANARY}", "http://10.0.0.1", f"https://user:{CANARY}@host",
        f"https://host?{CANARY}", f"https://host#{CANARY}", f"https://[{CANARY}]", f"https://host:{CANARY}",
        "https://host:0", "https://", f"https://host/{CANARY} x", f"https://host/{CANARY}" + "x" * 200,
    ),
    "OIDC_NAME": ("", f"<b>{CANARY}", CANARY + "x" * 60),
    "OIDC_CLIENT_ID": (f"{CANARY} {CANARY}", CANARY + "x" * 200),
    "OIDC_CLIENT_SECRET": (CANARY + "x" * 1000,),
    "OIDC_SCOPES": ("", "profile", f"openid  {CANARY}"),
    "OIDC_USERNAME_CLAIM": ("", f"{CANARY} x"),
    "OIDC_GROUPS_CLAIM": ("", f"{CANARY} x"),
    "OIDC_ROLES": (
        CANARY, "[]", "5", '{"a": "operator"}', f'{{"a": ["{CANARY}"]}}', '{"a": [5]}', '{"a": 5}', "[" * 100_000,
        '{"a": {"operator": 1}}',
    ),
    "OIDC_ACCOUNTS": (
        CANARY, '{"a": "acct_10234"}', f'{{"a": ["{CANARY}"]}}', '{"a": ["acct_10234\\n"]}', '{"a": [["acct_10234"]]}',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_bad_value_stops_the_boot_by_name(name: str, value: str, exported: Exported) -> None:
    exported(**{**WHOLE, name: value})

    with pytest.raises(ImproperlyConfigured, match=f"^{name}: ") as stopped:
        read_environment()

    assert CANARY not in str(stopped.value)


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({**WHOLE, "OIDC_CLIENT_ID": ""}, "OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
        ({**WHOLE, "OIDC_CLIENT_SECRET": ""}, "OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
        ({"PASSWORD_SIGN_IN": "off"}, "PASSWORD_SIGN_IN=off needs OIDC_ISSUER"),
    ],
)
def test_what_belongs_together_is_asked_for(variables: dict[str, str], complaint: str, exported: Exported) -> None:
    exported(**variables)

    with pytest.raises(ImproperlyConfigured, match=complaint):
        read_environment()


def test_mapping_is_read(exported: Exported) -> None:
    roles, accounts = '{"ops": ["operator", "records clerk"], "none": []}', '{"a": ["acct_10234"]}'
    exported(**WHOLE, OIDC_ROLES=roles, OIDC_ACCOUNTS=accounts, PASSWORD_SIGN_IN="off")

    environment = read_environment()

    assert environment.oidc_roles == {"ops": ("operator", "records clerk"), "none": ()}
    assert environment.oidc_accounts == {"a": ("acct_10234",)}
    assert environment.oidc_client_secret.get_secret_value() == CANARY
    assert CANARY not in repr(environment)


@pytest.mark.parametrize("issuer", ["", "http://localhost:9400", "http://127.0.0.1:9400", "http://[::1]:9400"])
def test_issuer_over_http_is_on_this_machine(issuer: str, exported: Exported) -> None:
    exported(**{**WHOLE, "OIDC_ISSUER": issuer})

    assert read_environment().oidc_issuer == issuer


def test_role_that_does_not_exist_stops_a_worker(settings: Settings) -> None:
    settings.OIDC_ROLES = {"a": ("operator", CANARY)}

    with pytest.raises(ImproperlyConfigured, match=r"^OIDC_ROLES: the roles are .*engineer, .*operator") as stopped:
        check_worker(threads=1000, graceful_timeout=100, is_first=False)

    assert CANARY not in str(stopped.value)
