"""Google Cloud: key lists and asset inventories."""

import json
from datetime import UTC, datetime

import pytest

from tests.imports.inventories import NOW, golden, read, refusals, rows, whole_refusals

pytestmark = pytest.mark.any_database

KEYS = golden("gcp_keys.json").decode()
ASSETS = golden("gcp_assets.jsonl").decode()
KEY_ASSET, OLD_KEY_ASSET, OLD_ACCOUNT, KEYLESS_ACCOUNT, BUCKET = ASSETS.splitlines()
MAIL = "billing-sync@shop-prod.iam.gserviceaccount.com"
SOURCE = "gcp:billing-sync@shop-prod"
ACCOUNT = json.dumps({"name": f"projects/shop-prod/serviceAccounts/{MAIL}", "email": MAIL, "disabled": True})
READ_AT = datetime(2026, 11, 18, 6, 0, 0, 123456, tzinfo=UTC)


def test_keys_are_named_by_account_and_the_first_of_their_id() -> None:
    snapshot = read("gcp-keys", KEYS)

    assert rows(snapshot.observed) == [
        ("billing-sync/0123456789ab", "active", "2026-11-01"),
        ("billing-sync/89abcdef0123", "disabled", "2026-11-01"),
        ("billing-sync/aaaaaaaaaaaa", "disabled", "2026-11-01"),
    ]
    assert {(seen.source, seen.owner, seen.observed_at) for seen in snapshot.observed} == {(SOURCE, MAIL, NOW)}
    assert snapshot.sources == {SOURCE: NOW}


def test_keys_that_google_manages_are_counted_and_left_out() -> None:
    assert read("gcp-keys", KEYS).skipped == {"a key that Google manages and rotates itself": 1}


def test_keys_of_a_disabled_account_are_disabled() -> None:
    states = [state for _, state, _ in rows(read("gcp-keys", KEYS, ACCOUNT).observed)]

    assert states == ["disabled"] * 3


def test_one_key_or_account_alone_describes_no_account_in_full() -> None:
    assert read("gcp-keys", json.dumps(json.loads(KEYS)[0])).sources == {}
    assert read("gcp-keys", f"[{ACCOUNT}]").sources == {}


def test_empty_list_describes_the_account_that_is_given() -> None:
    snapshot = read("gcp-keys", "[]", scope=MAIL)

    assert snapshot.sources == {SOURCE: NOW}
    assert snapshot.observed == []


@pytest.mark.parametrize("scope", [MAIL, MAIL.removesuffix(".iam.gserviceaccount.com")])
def test_scope_may_be_the_whole_mail_or_without_its_end(scope: str) -> None:
    assert read("gcp-keys", KEYS, scope=scope) == read("gcp-keys", KEYS)


def test_scope_that_is_unknown_or_contradicts_is_refused() -> None:
    unknown = "These files do not name the mail of a service account. Give it as the scope."
    other = "The scope is not the mail of a service account, or these files name another one."

    assert whole_refusals("gcp-keys", "[]") == [(0, unknown)]
    assert whole_refusals("gcp-keys", KEYS, scope="another@shop-prod") == [(0, other)]
    assert whole_refusals("gcp-assets", ASSETS, scope=MAIL) == [(0, other)]


def test_assets_are_read_with_their_own_time() -> None:
    snapshot = read("gcp-assets", ASSETS)

    assert rows(snapshot.observed) == [
        ("billing-sync/0123456789ab", "active", "2026-11-01"),
        ("old-report/cccccccccccc", "disabled", "2026-11-01"),
    ]
    assert {seen.observed_at for seen in snapshot.observed} == {READ_AT}
    assert snapshot.skipped == {"an asset of another type": 1}


def test_assets_describe_each_account_that_they_name() -> None:
    snapshot = read("gcp-assets", ASSETS)

    assert snapshot.sources == {SOURCE: READ_AT, "gcp:old-report@shop-prod": READ_AT, "gcp:no-keys@shop-prod": READ_AT}


def test_export_of_accounts_alone_describes_no_keys() -> None:
    assert read("gcp-assets", f"{OLD_ACCOUNT}\n{KEYLESS_ACCOUNT}\n{BUCKET}").sources == {}


def test_both_formats_make_the_same_records() -> None:
    [from_assets] = read("gcp-assets", KEY_ASSET).observed
    from_keys = read("gcp-keys", KEYS).observed[0]

    assert (from_assets.source, from_assets.owner, from_assets.item) == (
        from_keys.source,
        from_keys.owner,
        from_keys.item,
    )


def test_list_of_assets_may_hold_the_time_around_it() -> None:
    asset = json.loads(KEY_ASSET)
    asset["assetType"] = asset.pop("asset_type")
    read_time = asset.pop("readTime")

    listed = json.dumps({"readTime": read_time, "assets": [asset]})

    assert read("gcp-assets", listed).observed == read("gcp-assets", KEY_ASSET).observed


def test_asset_without_its_time_or_resource_is_refused_by_line() -> None:
    without_time, without_resource = json.loads(KEY_ASSET), json.loads(KEY_ASSET)
    del without_time["readTime"]
    del without_resource["resource"]
    lines = [KEY_ASSET, json.dumps(without_time), json.dumps(without_resource), KEY_ASSET.replace("USER_", "NEW_")]

    assert refusals("gcp-assets", "\n".join([*lines, KEY_ASSET.replace("2026-11-18T06", "6")])) == [
        (2, "readTime or resource is missing. docs/inventories.md shows how to get both."),
        (3, "readTime or resource is missing. docs/inventories.md shows how to get both."),
        (4, "Missing or not understood: keyType."),
        (5, "Missing or not understood: readTime."),
    ]


def test_one_page_of_several_is_refused() -> None:
    page = f'{{"readTime": "2026-11-18T06:00:00Z", "assets": [{KEY_ASSET}], "nextPageToken": "more"}}'

    assert whole_refusals("gcp-assets", page) == [(0, "This is one page of several. Get the list as a whole.")]


def test_broken_account_is_refused_by_line() -> None:
    assert refusals("gcp-keys", KEYS, '{"name": "a", "email": "b"}') == [(1, "Missing or not understood: email.")]
