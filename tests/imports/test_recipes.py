"""docs/inventories.md: its recipes make a plain CSV that is taken, and its tables name the formats."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rotation.imports.formats import FORMATS
from tests.imports.inventories import golden, read, rows

pytestmark = pytest.mark.any_database

needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")

DOCUMENT = (Path(__file__).parents[2] / "docs" / "inventories.md").read_text()
RECIPES = DOCUMENT.partition("\n## Recipes\n")[2]
VAULT = {"accessor": "8609694a-cdbc", "creation_time": 1.46e9, "expire_time": None}
SNOWFLAKE = {
    "NAME": "ANALYTICS",
    "DISABLED": "false",
    "RSA_PUBLIC_KEY_FP": "SHA256:one",
    "RSA_PUBLIC_KEY_LAST_SET_TIME": "2026-11-01 23:00:00.123",
    "RSA_PUBLIC_KEY_2_FP": "SHA256:two",
    "RSA_PUBLIC_KEY_2_LAST_SET_TIME": "null",
}


def script(words: str) -> str:
    """Return the first Python after these words."""
    return RECIPES.partition(words)[2].partition("```python\n")[2].partition("```")[0]


def run(recipe: str, entries: object, *arguments: str, folder: Path) -> list[tuple[str, str, str | None]]:
    (folder / "inventory_csv.py").write_text(script("this beginning"))
    (folder / "recipe.py").write_text(script(f"### {recipe}\n"))
    printed = subprocess.run(
        [sys.executable, folder / "recipe.py", "acct_10234", "api_token", *arguments],
        input=json.dumps(entries).encode(),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    snapshot = read("csv", printed)
    assert (snapshot.refused, len(snapshot.sources)) == ((), 1)
    return rows(snapshot.observed)


def run_jq(beginning: str, content: str) -> bytes:
    """Run the only program for jq in the document that begins so."""
    [program] = re.findall(rf"jq[^'`]*'({re.escape(beginning)}[^']*)'", DOCUMENT)
    command = ["jq", "--compact-output", "--arg", "at", "2026-11-18T06:00:00Z", program]
    return subprocess.run(command, input=content.encode(), stdout=subprocess.PIPE, check=True).stdout


def test_github_deploy_keys(tmp_path: Path) -> None:
    keys = [
        {"id": 7, "title": "ci, old", "read_only": True, "verified": True, "created_at": "2026-10-01T23:30:00Z"},
        {"id": 8, "enabled": False, "created_at": "2026-10-01T23:30:00-07:00"},
    ]

    assert run("GitHub deploy keys", keys, "shop/billing", folder=tmp_path) == [
        ("shop/billing#7", "active", "2026-10-01"),
        ("shop/billing#8", "disabled", "2026-10-02"),
    ]


def test_github_fine_grained_tokens(tmp_path: Path) -> None:
    tokens = [
        {
            "id": 25381,
            "owner": {"login": "octocat"},
            "access_granted_at": "2026-05-16T08:47:09Z",
            "token_expired": False,
        },
        {
            "id": 25382,
            "owner": {"login": "octocat"},
            "access_granted_at": "2023-05-16T08:47:09Z",
            "token_expired": True,
        },
    ]

    assert run("GitHub fine-grained tokens", tokens, folder=tmp_path) == [
        ("octocat/25381", "active", None),
        ("octocat/25382", "disabled", None),
    ]


def test_vault_tokens(tmp_path: Path) -> None:
    ended = {"accessor": "0e9e354a", "creation_time": 1463666723, "expire_time": "2018-05-19T11:35:54.466476215-04:00"}

    assert run("Vault tokens", [{"data": VAULT}, {"data": ended}], folder=tmp_path) == [
        ("8609694a-cdbc", "active", "2016-04-07"),
        ("0e9e354a", "disabled", "2016-05-19"),
    ]


def test_okta_tokens(tmp_path: Path) -> None:
    token = {"id": "00T196qTp3LIMZQ0L0g3", "name": "ci", "created": "2026-08-31T23:59:59.000Z", "expiresAt": None}

    assert run("Okta API tokens", [token], folder=tmp_path) == [("00T196qTp3LIMZQ0L0g3", "active", "2026-08-31")]


def test_snowflake_keys(tmp_path: Path) -> None:
    described = [{"property": name, "value": value} for name, value in SNOWFLAKE.items()]

    assert run("Snowflake keys", described, folder=tmp_path) == [
        ("ANALYTICS/key_1", "active", "2026-11-01"),
        ("ANALYTICS/key_2", "active", None),
    ]


@needs_jq
def test_kubernetes_tokens_are_left_out() -> None:
    listed = json.loads(golden("kubernetes.json"))
    listed["items"][0]["data"] = {"token": "c2VjcmV0"}

    stripped = run_jq("del(", json.dumps(listed))

    assert b"c2VjcmV0" not in stripped
    assert read("kubernetes", stripped) == read("kubernetes", golden("kubernetes.json"))


@needs_jq
def test_assets_get_their_time() -> None:
    lines = golden("gcp_assets.jsonl").decode().replace(', "readTime": "2026-11-18T06:00:00.123456789Z"', "")

    from_list = read("gcp-assets", run_jq("{readTime", f"[{','.join(lines.splitlines())}]"))
    from_export = read("gcp-assets", run_jq(". + {readTime", lines))

    assert from_list == from_export
    assert {seen.observed_at.isoformat() for seen in from_list.observed} == {"2026-11-18T06:00:00+00:00"}


def test_every_format_is_documented() -> None:
    assert set(re.findall(r"^\| \[`([a-z-]+)`\]", DOCUMENT, re.MULTILINE)) == FORMATS.keys()
