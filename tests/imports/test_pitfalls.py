"""What users of other importers stumbled over, each with its right outcome. Numbers 5 and 12 belong to the import."""

import json
import tracemalloc

import pytest

from tests.imports.inventories import APP, golden, read, refusals, rows, whole_refusals

pytestmark = pytest.mark.any_database

REPORT = golden("aws_report.csv").decode()
PLAIN = golden("plain.csv").decode()
HEADER = PLAIN.partition("\n")[0]


def plain(**cells: str) -> str:
    """Return a plain CSV of one line, in which these cells differ from a good one."""
    good = {
        "account_id": "acct_10234",
        "item": "deploy-key",
        "kind": "other",
        "state": "active",
        "issued_on": "2026-10-01",
        "source": "vault",
        "observed_at": "2026-11-18T20:00:00Z",
    }
    return f"{HEADER}\n{','.join((good | cells).values())}\n"


def test_pitfall_1_an_inactive_slot_is_a_disabled_key_only_with_a_date() -> None:
    found = rows(read("aws", REPORT).observed)

    assert ("bob/access_key_1", "disabled", None) in found
    assert [item for item, _, _ in found if item.startswith(("bob/access_key_2", "carol"))] == []


def test_pitfall_2_the_root_user_without_keys_makes_no_record_and_no_error() -> None:
    snapshot = read("aws", REPORT)

    assert [seen for seen in snapshot.observed if "root" in seen.item] == []
    assert snapshot.refused == ()


def test_pitfall_3_two_keys_of_a_user_are_two_records_with_their_own_days() -> None:
    changes = {seen.item: seen.changed_on for seen in read("aws", REPORT).observed if seen.owner == "alice"}

    assert {item: str(day) for item, day in changes.items()} == {
        "alice/access_key_1": "2026-11-02",
        "alice/access_key_2": "2026-03-04",
    }


def test_pitfall_4_only_key_lists_bring_issue_days() -> None:
    alone = rows(read("aws", REPORT).observed)
    together = rows(read("aws", REPORT, golden("aws_keys.json")).observed)

    assert [day for _, _, day in alone] == [None, None, None]
    assert [day for _, _, day in together] == ["2026-11-02", "2026-03-04", "2025-06-01"]
    assert [item for item, _, _ in alone] == [item for item, _, _ in together]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        "An error occurred (ReportInProgress) when calling the GetCredentialReport operation: wait.\n",
        '{"State": "STARTED", "Description": "No report exists."}',
        golden("aws_report.json")[:200],
        REPORT[: REPORT.rindex("false")],
        REPORT[: REPORT.index(",arn:aws") + 5],
        REPORT + '\n"carol',
    ],
    ids=["empty", "blank", "in progress", "started", "cut JSON", "cut line", "cut first line", "cut quote"],
)
def test_pitfall_6_a_report_that_is_not_whole_is_refused_as_a_whole(content: bytes | str) -> None:
    assert len(whole_refusals("aws", content)) == 1


def test_pitfall_6_a_cut_off_quote_in_the_last_value_is_refused() -> None:
    sentence = "This is not valid CSV from this line on, or it is cut off. Get it again."

    assert whole_refusals("csv", plain(observed_at='"2026-11-18T20:00:00Z').rstrip()) == [(2, sentence)]


@pytest.mark.parametrize("content", ["", " \n", "\ufeff"])
def test_pitfall_6_an_empty_file_is_refused(content: str) -> None:
    assert whole_refusals("gcp-keys", content) == [(0, "This file is empty. Get it again.")]


def test_pitfall_7_columns_are_read_by_name_and_unknown_ones_ignored() -> None:
    table = [line.split(",") for line in REPORT.splitlines()]
    turned = "\n".join(",".join([*reversed(line), "new_column"]) for line in table)

    assert rows(read("aws", turned).observed) == rows(read("aws", REPORT).observed)


def test_pitfall_7_more_credentials_than_the_report_lists_are_noted() -> None:
    header, *lines = REPORT.splitlines()

    def notes(info: str) -> bool:
        filled = "\n".join([f"{header},additional_credentials_info", *(f"{line},{info}" for line in lines)])
        return any("additional_credentials_info" in note for note in read("aws", filled).notes)

    assert notes("1 more access key: use ListAccessKeys")
    assert not notes("N/A")


@pytest.mark.parametrize(
    ("expiry", "state"),
    [
        ('"9999-12-31T23:59:59Z"', "active"),
        ('"10000-01-01T00:00:00Z"', "active"),
        ('"+10000-01-01T00:00:00Z"', "active"),
        ("null", "active"),
        ('"2026-11-20T12:00:01Z"', "active"),
        ('"2026-11-20T12:00:00Z"', "disabled"),
    ],
)
def test_pitfall_8_the_year_9999_and_later_never_expire(expiry: str, state: str) -> None:
    listed = golden("azure_secrets.json").decode().replace('"2027-11-01T09:00:00Z"', expiry)

    assert rows(read("azure-apps", listed, scope=APP).observed)[0][1] == state


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2023-02-15T21:38:02.84925Z", "2023-02-15"),
        ("2023-02-15T21:38:02.123456789Z", "2023-02-15"),
        ("2026-11-18T20:00:00-07:00", "2026-11-19"),
        ("2026-11-18T20:00:00+00:00", "2026-11-18"),
        ("2026-11-18T00:30:00+02:00", "2026-11-17"),
    ],
)
def test_pitfall_9_days_are_those_of_utc(moment: str, day: str) -> None:
    listed = golden("gcp_keys.json").decode().replace("2026-11-01T12:30:00Z", moment)

    assert rows(read("gcp-keys", listed).observed)[0][2] == day


@pytest.mark.parametrize("moment", ["2026-11-18T20:00:00", "2026-11-18", "18/11/2026", "0001-01-01T00:00:00+01:00", ""])
def test_pitfall_9_a_time_without_an_offset_is_refused(moment: str) -> None:
    assert refusals("csv", PLAIN, plain(observed_at=moment))[0] == (2, "Missing or not understood: observed_at.")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_pitfall_10_each_way_to_save_a_file_gives_the_same_records(encoding: str, line_end: str) -> None:
    mark = "\ufeff" if encoding in {"utf-16-le", "utf-16-be"} else ""
    text = PLAIN.replace("of two", "of\ntwo") + "\n"

    saved = (mark + text.replace("\n", line_end)).encode(encoding)

    assert read("csv", saved).observed == read("csv", text).observed
    assert [seen.line for seen in read("csv", saved).observed] == [2, 3, 5]


def test_pitfall_10_other_encodings_are_refused_by_name() -> None:
    sentence = "This is neither UTF-8 nor UTF-16 with a byte order mark. Save it as UTF-8."

    assert whole_refusals("csv", plain(item="Schlüssel").encode("latin-1")) == [(0, sentence)]
    assert whole_refusals("csv", plain().encode("utf-16-le")) == [
        (1, "This line has a NUL character. Save the file as UTF-8.")
    ]


def test_pitfall_11_list_object_and_json_lines_are_the_same() -> None:
    keys = json.loads(golden("gcp_keys.json"))

    as_lines = read("gcp-keys", "\n".join(map(json.dumps, keys)))
    in_object = read("gcp-keys", json.dumps({"keys": keys}))

    assert as_lines.observed == in_object.observed == read("gcp-keys", golden("gcp_keys.json")).observed


@pytest.mark.parametrize(
    ("content", "line", "met"),
    [
        ('{"name": "a"}\n[[]]', 2, "met a list"),
        ('["a"]', 1, "met a text"),
        ("[1.5]", 1, "met a number"),
        ("null", 1, "met null"),
        ("[true]", 1, "met true or false"),
        ('{"title": "a"}', 1, "met an object without name"),
        ('[{"name": "a"}]\n{"name": ', 2, "this is not valid JSON from this line on, or it is cut off. Get it again"),
        ("[" * 100_000, 1, "this is not valid JSON from this line on, or it is cut off. Get it again"),
        ("9" * 5_000, 1, "this is not valid JSON from this line on, or it is cut off. Get it again"),
    ],
    ids=["list", "text", "number", "null", "true", "object", "cut off", "deep", "long number"],
)
def test_pitfall_11_what_is_expected_and_what_was_met_is_named_with_its_line(content: str, line: int, met: str) -> None:
    [(number, sentence)] = whole_refusals("gcp-keys", content)

    assert number == line
    assert sentence.startswith("Expected a list of service account keys; ")
    assert sentence.endswith(f"; {met}.")


LABEL = "The label must have 3 to 80 characters and no blanks at its ends."
TO_DO = "Rename it at its source, or bring it in by a plain CSV with another label."


@pytest.mark.parametrize("item", ["ab", "x" * 81, " deploy-key", "deploy-key\u00a0", "\u200b\u200b\u200b", ""])
def test_pitfall_13_a_label_that_the_form_would_refuse_is_refused_with_what_to_do(item: str) -> None:
    assert refusals("csv", plain(item=item)) == [(2, f"{LABEL} {TO_DO}")]


def test_pitfall_13_a_label_that_looks_like_a_secret_is_refused_as_one() -> None:
    [(line, sentence)] = refusals("csv", plain(item="key AKIA" + "IOSFODNN7EXAMPLE"))

    assert line == 2
    assert (
        sentence
        == f"The label, its owner or the account's name looks like a secret: consider that secret exposed. {TO_DO}"
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("account_id", "acct_1234"),
        ("account_id", "acct_\u0661\u0662\u0663\u0664\u0665"),
        ("kind", "key"),
        ("state", "Active"),
        ("issued_on", "20261001"),
        ("issued_on", "2026-10-01T00:00:00Z"),
    ],
)
def test_pitfall_14_a_bad_account_kind_state_or_day_is_refused_by_line(column: str, value: str) -> None:
    assert refusals("csv", PLAIN, plain(**{column: value})) == [(2, f"Missing or not understood: {column}.")]


def test_all_bad_lines_are_refused_not_only_the_first() -> None:
    lines = [plain(account_id="1", kind="2"), plain(), plain(state="3")]

    refused = refusals("csv", HEADER + "\n" + "".join(line.partition("\n")[2] for line in lines))

    assert refused == [
        (2, "Missing or not understood: account_id, kind."),
        (4, "Missing or not understood: state."),
    ]


def test_pitfall_15_formulas_in_names_stay_text() -> None:
    assert rows(read("csv", PLAIN).observed)[2][0] == "=HYPERLINK(A1)"


def test_pitfall_16_many_lines_take_little_memory() -> None:
    lines = "".join(
        f"acct_10234,deploy-key-{n},other,active,2026-10-01,vault,2026-11-18T20:00:00Z\n" for n in range(2_000)
    )
    content = f"{HEADER}\n{lines}".encode()

    tracemalloc.start()
    count = len(read("csv", content).observed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 2_000
    # Bytes a line: what is kept of it, and nothing of the file but a buffer.
    assert peak / count < 1_000


def test_reading_stops_after_a_thousand_refused_lines() -> None:
    assert len(whole_refusals("csv", PLAIN, *[plain(kind="king")] * 1_200)) == 1_000
