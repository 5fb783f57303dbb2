"""Azure: secrets and certificates of applications."""

import json

import pytest

from tests.imports.inventories import APP, NOW, golden, read, refusals, rows, whole_refusals

pytestmark = pytest.mark.any_database

SECRETS = golden("azure_secrets.json").decode()
CERTIFICATES = golden("azure_certificates.json").decode()
APPLICATION = golden("azure_application.json").decode()
WHAT = "the id of an application, or of one with /certificates behind it"


def test_secrets_are_named_by_application_and_key() -> None:
    snapshot = read("azure-apps", SECRETS, scope=APP.upper())

    assert rows(snapshot.observed) == [
        (f"{APP}/11111111-2222-3333-4444-555555555551", "active", "2026-11-01"),
        (f"{APP}/11111111-2222-3333-4444-555555555552", "disabled", "2024-01-01"),
    ]
    assert {(seen.source, seen.owner) for seen in snapshot.observed} == {(f"azure:{APP}", APP)}
    assert snapshot.sources == {f"azure:{APP}": NOW}


def test_certificates_are_a_source_of_their_own() -> None:
    snapshot = read("azure-apps", CERTIFICATES, scope=f"{APP}/certificates")

    assert [(seen.source, seen.owner) for seen in snapshot.observed] == [(f"azure:{APP}/certificates", APP)]
    assert list(snapshot.sources) == [f"azure:{APP}/certificates"]


def test_application_is_the_same_as_both_lists() -> None:
    application = read("azure-apps", APPLICATION)
    secrets = read("azure-apps", SECRETS, scope=APP)
    certificates = read("azure-apps", CERTIFICATES, scope=f"{APP}/certificates")

    assert rows(application.observed) == rows([*secrets.observed, *certificates.observed])
    assert application.sources == secrets.sources | certificates.sources


def test_list_that_an_application_lacks_is_not_described() -> None:
    lacking = json.loads(APPLICATION)
    del lacking["keyCredentials"]
    lacking["passwordCredentials"] = []

    assert read("azure-apps", json.dumps({"value": [lacking]})).sources == {f"azure:{APP}": NOW}


def test_empty_list_describes_the_scope_that_is_given() -> None:
    assert read("azure-apps", "[]", scope=f"{APP}/certificates").sources == {f"azure:{APP}/certificates": NOW}


def test_one_credential_alone_describes_nothing_in_full() -> None:
    assert read("azure-apps", json.dumps(json.loads(SECRETS)[0]), scope=APP).sources == {}


@pytest.mark.parametrize("content", [SECRETS, "[]"])
def test_list_needs_the_scope(content: str) -> None:
    assert whole_refusals("azure-apps", content) == [(0, f"These files do not name {WHAT}. Give it as the scope.")]


@pytest.mark.parametrize(
    ("content", "scope"),
    [
        (CERTIFICATES, APP),
        (SECRETS, f"{APP}/certificates"),
        (APPLICATION, APP.replace("a", "b")),
        (SECRETS, "https://shop.example/ci"),
    ],
)
def test_scope_that_contradicts_is_refused(content: str, scope: str) -> None:
    assert whole_refusals("azure-apps", content, scope=scope) == [
        (0, f"The scope is not {WHAT}, or these files name another one.")
    ]


def test_secret_without_a_start_has_an_unknown_age() -> None:
    started = json.loads(SECRETS)
    started[0]["startDateTime"] = None

    assert rows(read("azure-apps", json.dumps(started), scope=APP).observed)[0][1:] == ("active", None)


def test_broken_credential_and_application_are_refused_by_line() -> None:
    broken = [json.loads(APPLICATION) | {"passwordCredentials": [{"keyId": "1"}]}, {"appId": "1"}]

    assert refusals("azure-apps", json.dumps(broken)) == [
        (1, "Missing or not understood: keyId, startDateTime, endDateTime."),
        (2, "Missing or not understood: appId."),
    ]


def test_refused_list_is_named_once_whatever_its_entries_are() -> None:
    secrets = [None, 1, {"k": 1}]

    assert refusals("azure-apps", json.dumps({"appId": APP, "passwordCredentials": secrets})) == [
        (1, "Missing or not understood: passwordCredentials.")
    ]
