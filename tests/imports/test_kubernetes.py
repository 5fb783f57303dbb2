"""Kubernetes: Secrets with tokens of service accounts."""

import json

import pytest

from rotation.imports.kubernetes import CLUSTER_SHAPE, HOLDS_SECRETS
from tests.imports.inventories import NOW, golden, read, refusals, rows, whole_refusals

pytestmark = pytest.mark.any_database

SECRETS = golden("kubernetes.json").decode()
OTHER = "The scope is not a namespace, or these files name another one."


def test_tokens_are_named_by_namespace_and_secret() -> None:
    snapshot = read("kubernetes", SECRETS)

    assert rows(snapshot.observed) == [
        ("payments/deploy-token", "active", "2026-11-05"),
        ("payments/old-token", "disabled", "2022-01-01"),
    ]
    assert {(seen.source, seen.owner) for seen in snapshot.observed} == {("kubernetes:payments", "deployer")}
    assert snapshot.skipped == {"a Secret of another type": 1}


def test_namespaces_with_a_token_are_described_in_full() -> None:
    assert read("kubernetes", SECRETS).sources == {"kubernetes:payments": NOW}


@pytest.mark.parametrize(
    ("scope", "source"),
    [
        ("prod", "kubernetes:prod/payments"),
        ("prod/payments", "kubernetes:prod/payments"),
        ("/payments", "kubernetes:payments"),
    ],
)
def test_cluster_comes_from_the_scope(scope: str, source: str) -> None:
    assert list(read("kubernetes", SECRETS, scope=scope).sources) == [source]


def test_list_without_tokens_describes_the_namespace_that_is_given() -> None:
    assert read("kubernetes", '{"kind": "List", "items": []}', scope="prod/web").sources == {"kubernetes:prod/web": NOW}


def test_scope_that_is_unknown_or_contradicts_is_refused() -> None:
    unknown = "These files do not name a namespace. Give it as the scope."

    assert whole_refusals("kubernetes", '{"items": []}', scope="prod") == [(0, unknown)]
    assert whole_refusals("kubernetes", SECRETS, scope="prod/web") == [(0, OTHER)]
    assert whole_refusals("kubernetes", '{"items": []}', scope="prod/web/x") == [(0, OTHER)]


@pytest.mark.parametrize("cluster", ["a\0b", "c" * 64, "-prod", " prod", "prod\n"])
def test_cluster_has_a_shape(cluster: str) -> None:
    assert whole_refusals("kubernetes", SECRETS, scope=cluster) == [(0, CLUSTER_SHAPE)]


def test_one_secret_alone_describes_nothing_in_full() -> None:
    snapshot = read("kubernetes", json.dumps(json.loads(SECRETS)["items"][0]), scope="/payments")

    assert (len(snapshot.observed), snapshot.sources) == (1, {})


@pytest.mark.parametrize("type_of_secret", ["kubernetes.io/service-account-token", "Opaque"])
@pytest.mark.parametrize("part", ["data", "stringData"])
def test_file_with_the_tokens_themselves_is_refused(part: str, type_of_secret: str) -> None:
    good = json.loads(SECRETS)["items"][0]
    secret = good | {"type": type_of_secret, part: {"token": "c2VjcmV0"}}

    assert whole_refusals("kubernetes", json.dumps([good, secret])) == [(2, HOLDS_SECRETS)]


def test_broken_secrets_are_refused_by_line() -> None:
    listed = json.loads(SECRETS)
    meta = listed["items"][0]["metadata"]
    bad = {"type": listed["items"][0]["type"], "metadata": {"name": "t", "namespace": "A", "annotations": {}}}
    too_long = {"type": bad["type"], "metadata": meta | {"name": "n" * 80}}
    owner = {"kubernetes.io/service-account.name": "o" * 161}
    nameless = {"type": bad["type"], "metadata": meta | {"annotations": owner}}
    half = {"type": bad["type"], "metadata": meta | {"name": "half-\ud83d"}}
    label = "The label must have 3 to 80 characters and no blanks at its ends. "
    to_do = "Rename it at its source, or bring it in by a plain CSV with another label."

    assert refusals("kubernetes", json.dumps([listed["items"][0], bad, too_long, nameless, half])) == [
        (2, "Missing or not understood: metadata."),
        (3, label + to_do),
        (4, "The owner must have 1 to 160 characters and no blanks at its ends."),
        (5, label + to_do),
    ]
