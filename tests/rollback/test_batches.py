"""The previous release and rows of `decide_many`, whose source it does not know."""

import csv
import json
from pathlib import Path

from tests.conftest import REPORT
from tests.rollback.browser import Browser
from tests.rollback.conftest import Servers, Site
from tests.rollback.releases import Release

LIST = "/admin/traces/tracerecord/?status__exact=all"


def test_old_release_reads_the_rows_of_a_batch(
    servers: Servers, site: Site, old: Release, new: Release, tmp_path: Path
) -> None:
    file, result = tmp_path / "reports.csv", tmp_path / "result.csv"
    file.write_text(f"account_id,credential_report\nacct_10234,{REPORT}\n")
    new.succeed("decide_many", str(file), "--out", str(result), environment=site.environment)
    [found] = csv.DictReader(result.read_text().splitlines())
    operator = Browser()
    operator.sign_in(servers.old, "operator", site.password)

    status, text = servers.old.ask(f"/rotation/{found['id']}")
    pages = [operator.get(servers.old, LIST + source) for source in ("", "&source__exact=batch")]
    exported = old.succeed("export_traces", "--since=2026-01-01", "--format=jsonl", environment=site.environment)

    assert (status, json.loads(text)["decision"]) == (200, found["decision"])
    assert [found["id"] in page.text for page in pages] == [True, True]
    assert found["id"] in exported
    assert "; 0 would not hold" in old.succeed("recheck", environment=site.environment)
    assert operator.get(servers.old, "/admin/traces/overview/").status == 200
