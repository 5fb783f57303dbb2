"""AWS: the credential report, key lists, and both together."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.imports.inventories import NOW, golden, read, refusals, rows, whole_refusals

pytestmark = pytest.mark.any_database

REPORT = golden("aws_report.csv").decode()
KEYS = golden("aws_keys.json").decode()
ACCOUNT = "123456789012"
MADE_AT = datetime(2026, 11, 18, 20, tzinfo=UTC)


def answer(report: str) -> str:
    return json.dumps({"Content": base64.b64encode(report.encode()).decode(), "GeneratedTime": MADE_AT.isoformat()})


def key(user: str, key_id: str, created: str, status: str = "Active") -> str:
    return json.dumps({"UserName": user, "AccessKeyId": key_id, "Status": status, "CreateDate": created})


def test_source_is_the_account_of_the_arns_and_owner_the_user() -> None:
    snapshot = read("aws", REPORT)

    assert {(seen.source, seen.owner) for seen in snapshot.observed} == {
        (f"aws:{ACCOUNT}", "alice"),
        (f"aws:{ACCOUNT}", "bob"),
    }
    assert list(snapshot.sources) == [f"aws:{ACCOUNT}"]


def test_time_is_that_of_the_answer() -> None:
    snapshot = read("aws", golden("aws_report.json"), KEYS)

    assert snapshot.sources == {f"aws:{ACCOUNT}": MADE_AT}
    assert {seen.observed_at for seen in snapshot.observed} == {MADE_AT}
    assert snapshot.notes == ()


def test_report_without_a_time_counts_as_four_hours_old() -> None:
    snapshot = read("aws", REPORT)

    assert snapshot.sources == {f"aws:{ACCOUNT}": NOW - timedelta(hours=4)}
    assert ["four hours" in note for note in snapshot.notes] == [True]


def test_report_is_not_older_than_its_latest_change() -> None:
    snapshot = read("aws", REPORT.replace("2026-11-02T10:00:00Z", "2026-11-20T11:00:00Z"))

    assert snapshot.sources == {f"aws:{ACCOUNT}": NOW - timedelta(hours=1)}


def test_key_must_be_active_in_the_report_and_in_the_list() -> None:
    listed = key("alice", "EXAMPLEALICEKEY1AAAA", "2026-11-02T10:00:00+00:00", "Inactive")
    other = key("alice", "EXAMPLEALICEKEY2BBBB", "2026-03-04T05:06:07.891Z")

    found = rows(read("aws", REPORT, f"{listed}\n{other}").observed)

    assert found[:2] == [
        ("alice/access_key_1", "disabled", "2026-11-02"),
        ("alice/access_key_2", "active", "2026-03-04"),
    ]


def test_slot_of_a_listed_user_without_a_match_is_refused() -> None:
    listed = key("alice", "EXAMPLEALICEKEY1AAAA", "2026-11-02T10:00:00Z")

    snapshot = read("aws", REPORT, listed)

    assert [(refusal.line, "Get the report" in refusal.sentence) for refusal in snapshot.refused] == [(3, True)]
    # Bob is in no list, so nothing contradicts his slot.
    assert [item for item, _, _ in rows(snapshot.observed)] == ["alice/access_key_1", "bob/access_key_1"]


def test_listed_key_without_a_slot_is_kept_by_its_last_four_characters() -> None:
    whole_id = "AKIA" + "IOSFODNN7EXAMPLE"

    snapshot = read("aws", golden("aws_report.json"), key("carol", whole_id, "2026-11-19T01:00:00Z"))

    assert rows(snapshot.observed)[-1] == ("carol/…MPLE", "active", "2026-11-19")
    # It was made after the report: its own time counts.
    assert snapshot.observed[-1].observed_at == datetime(2026, 11, 19, 1, tzinfo=UTC)


def test_two_keys_of_the_same_second_are_two_records() -> None:
    report = REPORT.replace("2026-03-04T05:06:07Z", "2026-11-02T10:00:00Z")
    both = "\n".join(key("alice", f"EXAMPLEALICEKEY{n}AAAA", "2026-11-02T10:00:00Z") for n in (1, 2))

    snapshot = read("aws", report, both)

    assert [item for item, _, _ in rows(snapshot.observed)[:2]] == ["alice/access_key_1", "alice/access_key_2"]
    assert snapshot.refused == ()


def test_key_that_two_files_list_is_one_key() -> None:
    assert len(read("aws", golden("aws_keys_alice.json"), KEYS, scope=ACCOUNT).observed) == 3


def test_key_lists_alone_describe_no_account_in_full() -> None:
    snapshot = read("aws", KEYS, scope=ACCOUNT)

    assert snapshot.sources == {}
    assert {seen.source for seen in snapshot.observed} == {f"aws:{ACCOUNT}"}
    assert rows(snapshot.observed)[0] == ("alice/…AAAA", "active", "2026-11-02")
    assert len(snapshot.notes) == 2


@pytest.mark.parametrize(
    ("contents", "scope", "sentence"),
    [
        ([KEYS], None, "These files do not name an AWS account of 12 digits. Give it as the scope."),
        ([KEYS], "1234", "The scope is not an AWS account of 12 digits, or these files name another one."),
        ([REPORT], "999999999999", "The scope is not an AWS account of 12 digits, or these files name another one."),
        (
            [f"{REPORT}\n{REPORT.splitlines()[-1].replace(ACCOUNT, '9' * 12)}"],
            None,
            "The column arn names several AWS accounts.",
        ),
    ],
    ids=["none", "malformed", "contradicts", "two accounts"],
)
def test_scope_that_is_unknown_or_contradicts_is_refused(contents: list[str], scope: str | None, sentence: str) -> None:
    assert whole_refusals("aws", *contents, scope=scope) == [(0, sentence)]


def test_given_scope_may_repeat_that_of_the_report() -> None:
    assert read("aws", REPORT, scope=ACCOUNT) == read("aws", REPORT)


def test_two_reports_are_refused_both_by_name() -> None:
    sentence = "These are two credential reports. Import one after the other."

    assert whole_refusals("aws", REPORT, answer(REPORT)) == [(0, sentence)] * 2


def test_answer_without_its_time_or_with_other_content_is_refused() -> None:
    refused = whole_refusals("aws", '{"Content": "a"}')

    assert refused == [(1, "Missing or not understood: Content, GeneratedTime.")]


def test_bad_rows_and_keys_are_refused_by_line() -> None:
    lines = REPORT.splitlines()
    lines[2] = lines[2].replace("2026-11-02T10:00:00Z", "N/A")
    lines[3] = lines[3].replace("arn:aws:iam", "arn")
    bad_key = key("alice", "short", "2026-11-02", "Lost")

    refused = refusals("aws", "\n".join(lines), bad_key)

    assert refused == [
        (1, "Missing or not understood: AccessKeyId, Status, CreateDate."),
        (4, "Missing or not understood: arn."),
        (3, "An active access key has no date in its column last_rotated."),
    ]


def test_line_in_the_middle_with_too_few_values_is_refused_by_line() -> None:
    header, *lines = REPORT.splitlines()
    lines.insert(1, "dave,true")

    assert refusals("aws", "\n".join([header, *lines, "", ""])) == [
        (3, "This line has more or fewer values than the first line has names.")
    ]
