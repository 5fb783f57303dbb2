"""Records without an issue day, stale ones and imported ones: what both releases make of them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rotation.contract import UNKNOWN_DAY
from tests.boundary.fault_server import FaultServer
from tests.conftest import report
from tests.rollback.browser import Browser
from tests.rollback.conftest import PrintAtEnd, Servers, Site, database_of
from tests.rollback.releases import Release
from tests.rollback.traffic import execute
from tests.torture.ledgers import query

NOW = datetime.now(UTC)
LATELY, DAY = f"{NOW - timedelta(hours=5):%Y-%m-%d %H:%M:%S}", f"{NOW - timedelta(days=12):%Y-%m-%d}"
LONG_AGO = f"{NOW - timedelta(hours=169):%Y-%m-%d %H:%M:%S}"
UNKNOWN, FRESH, STALE, GONE = "acct_30001", "acct_30002", "acct_30003", "acct_30004"
BAD = "acct_30005"
COLUMNS = "account_id, item, kind, state, issued_on, observed_at, source"
# An imported record's item and source have their full lengths.
IMPORTED = {
    UNKNOWN: ("active", UNKNOWN_DAY, LATELY, False, False),
    FRESH: ("active", DAY, LATELY, True, False),
    STALE: ("active", DAY, LONG_AGO, True, False),
    GONE: ("disabled", UNKNOWN_DAY, LATELY, False, True),
}


def import_records(url: str) -> None:
    # SQLite keeps a time as text, and Django writes none with a zone.
    utc = "+00:00" if url.startswith("postgresql") else ""
    for account_id, (state, issued_on, observed_at, *known_and_gone) in IMPORTED.items():
        known, gone = (str(each).lower() for each in known_and_gone)
        execute(
            url,
            f"INSERT INTO rotation_credential ({COLUMNS}, issued_on_known, gone) VALUES ('{account_id}', '{'i' * 80}',"  # noqa: S608
            f" 'service_account_key', '{state}', '{issued_on}', '{observed_at}{utc}', '{'s' * 160}', {known}, {gone})",
        )


@pytest.fixture(scope="module", params=["rules", "openai"])
def both(
    request: pytest.FixtureRequest, site: Site, old: Release, new: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    """Serve both releases, the model's answer being always `eligible`."""
    folder = tmp_path_factory.mktemp("ages")
    environment = site.environment | {"RECORD_FRESH_HOURS": "168", "DECISION_PROVIDER": request.param}
    execute(site.url, "DELETE FROM rotation_credential WHERE account_id LIKE 'acct_3000%'")
    import_records(site.url)
    with old.serving(folder, environment) as first, new.serving(folder, environment) as second:
        yield Servers(first, second)


def answers(servers: Servers, account_id: str) -> dict[str, dict[str, object]]:
    found = {}
    for name in ("old", "new"):
        status, text = getattr(servers, name).ask("/rotation/decide", report(account_id))
        assert status == 200, text
        found[name] = json.loads(text)
    return found


def test_an_unknown_issue_day_is_eligible_in_neither_release(both: Servers, print_at_end: PrintAtEnd) -> None:
    decided = {account_id: answers(both, account_id) for account_id in IMPORTED}

    eligible = {
        account_id: [name for name, body in each.items() if body["decision"] == "eligible"]
        for account_id, each in decided.items()
    }
    provider = "rules" if decided[UNKNOWN]["new"]["decision"] else "model"
    print_at_end(f"imported records, {provider}: eligible without an issue day {eligible[UNKNOWN] or 0}")
    # 0.2.0 knows no bound on the age of a record.
    assert eligible == {UNKNOWN: [], FRESH: ["old", "new"], STALE: ["old"], GONE: []}


def test_each_release_reads_what_the_other_decided(both: Servers) -> None:
    browser = Browser()

    for account_id in IMPORTED:
        for body in answers(both, account_id).values():
            path = f"/rotation/{body['trace_id']}"
            assert [json.loads(server.ask(path)[1]) for server in (both.old, both.new)] == [body, body]
            assert [browser.get(server, path).status for server in (both.old, both.new)] == [200, 200]


def test_the_old_admin_shows_records_and_traces_of_unknown_age(both: Servers, site: Site) -> None:
    traces = [str(body["trace_id"]) for account_id in IMPORTED for body in answers(both, account_id).values()]
    keys = query(site.url, "SELECT id FROM rotation_credential WHERE account_id LIKE 'acct_3000%'")
    pages = [f"rotation/credential/{key}/change/" for (key,) in keys]
    browser = Browser()
    browser.sign_in(both.old, "operator", site.password)

    pages += [f"traces/tracerecord/{trace_id.replace('_', '_5F')}/change/" for trace_id in traces]
    pages += ["rotation/credential/", "traces/tracerecord/?status__exact=all"]

    assert {page: browser.get(both.old, f"/admin/{page}").status for page in pages} == dict.fromkeys(pages, 200)


def test_the_old_admin_can_confirm_a_record_of_unknown_age_but_not_make_it_eligible(both: Servers, site: Site) -> None:
    """The triggers refuse the day, because this release would not trust it. The old admin has no sentence for it."""
    of_record = f"FROM rotation_credential WHERE account_id = '{UNKNOWN}'"
    [(key,)] = query(site.url, f"SELECT id {of_record}")
    browser, page = Browser(), f"/admin/rotation/credential/{key}/change/"
    browser.sign_in(both.old, "operator", site.password)
    form = browser.get(both.old, page)
    fields = {"account_id": UNKNOWN, "item": "i" * 80, "kind": "service_account_key", "state": "active"}
    fields |= {"source": "hand", "observed_at_0": LATELY[:10], "observed_at_1": LATELY[11:]}

    confirmed = browser.post(both.old, page, form, **fields, issued_on="0001-01-01")
    browser.post(both.old, page, form, **fields, issued_on=DAY)

    assert confirmed.status == 302
    [(day, source)] = query(site.url, f"SELECT issued_on, source {of_record}")
    assert (str(day), source) == ("0001-01-01", "hand")


def test_both_releases_replay_every_decision(both: Servers, site: Site, old: Release, new: Release) -> None:
    for account_id in IMPORTED:
        answers(both, account_id)

    for release in (old, new):
        assert "; 0 would not hold" in release.succeed("recheck", environment=site.environment)


def test_migrate_names_bad_records_of_the_old_release_and_takes_them_along(
    old: Release, new: Release, model: FaultServer, tmp_path: Path
) -> None:
    with database_of(old, tmp_path, model) as environment:
        url = environment["DATABASE_URL"]
        bad = f"'{BAD}', 'blank ', 'service_account_key', 'active', '{DAY}', '{LATELY}+00:00', 'hand'"
        execute(url, f"INSERT INTO rotation_credential ({COLUMNS}) VALUES ({bad})")  # noqa: S608
        [(key,)] = query(url, f"SELECT id FROM rotation_credential WHERE account_id = '{BAD}'")  # noqa: S608

        migrating = new.manage("migrate", environment=environment)
        diagnosed = new.manage("doctor", environment=environment).stdout
        new.succeed("collectstatic", "--noinput", environment=environment)
        with new.serving(tmp_path, environment) as server:
            status, text = server.ask("/rotation/decide", report(BAD))

        fault = f"credential record {key} needs an item of 3 to 80 characters without blanks at its ends"
        assert (migrating.returncode, fault in migrating.stderr, fault in diagnosed) == (0, True, True)
        assert (status, json.loads(text)["error_code"]) == (200, "internal_error")
