"""A file of many reports: one row a line however often it is sent, and a list of what became of each."""

from threading import Barrier, Semaphore

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from access.fields import FOUND_SENTENCE
from access.models import Membership
from tests.commands.batches import HEADER, Batch, batch, sigterm_restored
from tests.conftest import REPORT, Decide, MakeCredential
from tests.fakes import FakeProvider
from tests.ledger.plans import explain, fill_ledger
from tests.ledger.rows import RUNNING_ROW, insert
from tickets.models import Ticket
from traces.models import TraceRecord

__all__ = ["batch", "sigterm_restored"]

# The lines are decided in threads, which see only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "Stale service-account key AKIAIOSFODNN7EXAMPLE"
ACCOUNT_SHAPE = "account_id: Write acct_ and five digits, such as acct_10234."


def test_each_line_is_decided_once_and_the_same_file_costs_nothing(batch: Batch, provider: FakeProvider) -> None:
    first, result = batch.run(), batch.out.read_bytes()
    again = batch.run()

    assert (first.code, first.out) == (0, f"2 completed; see {batch.out}.\n")
    assert (again, batch.out.read_bytes()) == (first, result)
    assert len(provider.calls) == 2
    traces = TraceRecord.objects.order_by("submission_key")
    assert [(each.source, each.submitter, each.submission_key) for each in traces] == [
        ("batch", "batch", batch.key(line)) for line in (2, 3)
    ]
    assert batch.results() == [
        {"line": line, "id": each.pk, "status": "completed", "decision": "eligible", "error_code": "", "sentence": ""}
        for line, each in zip("23", traces, strict=True)
    ]
    assert batch.out.stat().st_mode & 0o777 == 0o600


def test_bad_lines_are_refused_before_any_cost_and_not_repeated(batch: Batch, provider: FakeProvider) -> None:
    batch.write(
        ("acct_10234", "a report of\ntwo lines", "invoice-sync"),
        (),
        ("acct_1", "short", ""),
        ("acct_10234", SECRET, ""),
        ("acct_10234", REPORT, "", "more"),
        ("acct_10234", REPORT, ""),
        header=(*HEADER, " item "),
    )

    ran = batch.run()

    told = {each["line"]: (each["status"], each["error_code"], each["sentence"]) for each in batch.results()}
    assert told == {
        "2": ("completed", "", ""),
        "5": (
            "refused",
            "account_id_shape",
            f"{ACCOUNT_SHAPE} credential_report: Write at least 10 characters.",
        ),
        "6": (
            "refused",
            "looks_like_secret",
            "credential_report: " + FOUND_SENTENCE.format(line=1, kind="an AWS access key id"),
        ),
        "7": ("refused", "other_columns", "This line has 4 values for 3 columns."),
        "8": ("completed", "", ""),
    }
    assert ran.code == 1
    assert ran.out.splitlines() == [
        f"2 completed, 3 refused; see {batch.out}.",
        "Correct the refused lines in a file of their own: this file, changed, would be decided anew.",
    ]
    assert (len(provider.calls), SECRET in ran.out + ran.err + batch.out.read_text()) == (2, False)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"account_id,credential_report\nacct_10234,\xff\n", "The file is not UTF-8 text."),
        (b'account_id,credential_report\n\nacct_10234,"open\n', "The file is not CSV from line 3 on: look for a"),
        (
            b"account_id;credential_report\n",
            "The columns of the first line, separated by commas, fit no workflow. rota",
        ),
        (
            b"account_id,credential_report,account_id\n",
            "The columns of the first line, separated by commas, fit no work",
        ),
        (b"text\nHelp me with my order.\n", "The columns of the first line, separated by commas, fit no workflow. rot"),
        (
            b"",
            "The columns of the first line, separated by commas, fit no workflow. rotation: account_id, credent",
        ),
    ],
    ids=["not UTF-8", "open quotation", "semicolons", "a column twice", "of another workflow", "empty"],
)
def test_a_file_that_cannot_be_read_is_refused_whole(batch: Batch, content: bytes, refusal: str) -> None:
    batch.file.write_bytes(content)

    ran = batch.run("--workflow", "rotation")

    assert ran.code == 2
    assert ran.err.startswith(f"{batch.file}: {refusal}")
    assert not TraceRecord.objects.exists()


def test_a_run_that_cannot_begin_costs_nothing(batch: Batch, provider: FakeProvider) -> None:
    no_jobs = batch.run("--jobs", "0")
    refusals = [batch.run("--as", "nobody").err, batch.run("--out", str(batch.file)).err]
    refusals.append(batch.run("--out", str(batch.file / "result.csv")).err)
    batch.file.rename(batch.out)
    refusals.append(batch.run("--out", str(batch.file)).err)

    assert refusals == [
        "No active user has this name.",
        "--out would overwrite the file itself.",
        f"{batch.file}/result.csv cannot be written: Not a directory.",
        f"{batch.file} cannot be read: No such file or directory.",
    ]
    assert (no_jobs.code, no_jobs.err) == (1, "Error: argument --jobs: must be a number from 1")
    assert provider.calls == []


def test_a_byte_order_mark_and_a_file_without_lines_do_no_harm(batch: Batch) -> None:
    batch.file.write_bytes(b"\xef\xbb\xbfaccount_id,credential_report\r\n")

    ran = batch.run()

    assert (ran.code, ran.out, batch.results()) == (0, f"no line; see {batch.out}.\n", [])


def test_a_key_that_a_program_used_before_leaves_its_line_unsent(batch: Batch, provider: FakeProvider) -> None:
    insert(RUNNING_ROW | {"submitter": "batch", "submission_key": batch.key(2), "started_at": timezone.now()})

    ran = batch.run()

    assert (ran.code, len(provider.calls)) == (1, 1)
    assert batch.column("status") == ["unsent", "completed"]
    assert batch.column("sentence") == ["The same command sends it.", ""]


def test_batches_are_neither_counted_nor_limited_until_they_are_asked_to(
    batch: Batch, provider: FakeProvider, settings: Settings, decide: Decide
) -> None:
    settings.DECISIONS_PER_DAY = settings.SUBMITTER_DECISIONS_PER_DAY = 1
    batch.run()
    statuses = [decide().status_code for _ in range(2)]

    batch.write(("acct_10234", f"{REPORT} Within."))
    within = batch.run("--within-limits")

    assert statuses == [200, 429]
    assert (within.code, batch.column("status"), batch.column("error_code")) == (1, ["unsent"], ["too_many_decisions"])
    assert "for now. Come back in 24 hours." in batch.column("sentence")[0]
    assert batch.run().code == 0
    assert len(provider.calls) == 4


def test_a_batch_for_a_member_asks_about_their_accounts_and_is_theirs_to_read(
    batch: Batch, settings: Settings, make_credential: MakeCredential
) -> None:
    settings.ACCESS = "members"
    make_credential("acct_20468")
    ada = User.objects.create_user("ada")
    Membership.objects.create(user=ada, account_id="acct_10234")
    batch.write(("acct_10234", REPORT), ("acct_20468", REPORT))
    client = Client()

    batch.run("--as", "ada")
    anonymous = client.get(f"/rotation/{batch.column('id')[0]}").status_code
    client.force_login(ada)

    assert batch.column("error_code") == ["", "account_unknown"]
    assert (anonymous, client.get(f"/rotation/{batch.column('id')[0]}").status_code) == (401, 200)
    assert set(TraceRecord.objects.values_list("submitter", flat=True)) == {f"user:{ada.pk}"}


def test_tickets_are_listed_until_they_are_deleted_and_no_summary_is_a_formula(
    batch: Batch, settings: Settings
) -> None:
    settings.DECISION_PROVIDER = "rules"
    batch.write(("=2+5 is what I was charged twice for order A-102. I want a refund.",), header=("text",))

    batch.run()
    [found] = batch.results()
    Ticket.objects.all().delete()
    batch.run()
    [deleted] = batch.results()

    assert list(found)[6:] == ["category", "priority", "summary"]
    assert (found["id"][:5], found["decision"], found["category"]) == ("task_", "billing", "billing")
    assert found["summary"].startswith("'=2+5")
    assert (deleted["status"], deleted["summary"]) == ("completed", "")
    assert deleted["sentence"].startswith("The ticket that was made on ")


@pytest.mark.parametrize(("places", "most"), [(2, 2), (1, 1)])
def test_so_many_are_in_flight_as_are_asked_for_and_the_process_allows(
    batch: Batch, provider: FakeProvider, settings: Settings, places: int, most: int
) -> None:
    settings.DECISIONS_IN_FLIGHT = places
    batch.write(*(("acct_10234", f"{REPORT} {number}") for number in range(8)))
    together, free, found_free = Barrier(most), Semaphore(most), []

    def wait() -> None:
        found_free.append(free.acquire(blocking=False))
        together.wait(timeout=30)
        free.release()

    provider.meanwhile = wait

    assert batch.run("--jobs", "8").code == 0
    assert found_free == [True] * 8


def test_the_rows_of_a_file_are_found_by_the_index_of_submissions(batch: Batch) -> None:
    fill_ledger(until=timezone.now(), submitter="batch", source="batch")

    with CaptureQueriesContext(connection) as queries:
        batch.run()
    plan = explain(queries[0]["sql"])

    assert "traces_one_row_per_submission" in plan or "submitter=? AND submission_key>? AND submission_key<?" in plan
