"""The story of a trace: what happened in which order, why it ended so, and who acts."""

import html
import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from access.models import ApiToken
from decisions.sentences import sentence_of
from operators import runbook, runbook_page
from operators.story import OR_GIVE_ACCOUNT, page_address, story_of
from rotation.check import Reason
from rotation.workflow import ROTATION
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, INVALID, closed_row, insert, open_row
from tests.operators.reviewing import FINDING, needs_review, operator, review, signed_in
from tests.operators.stories import facts, sections
from traces.codes import NOT_A_MEMBER, WHO_ACTS, ErrorCode, Source

pytestmark = pytest.mark.django_db

NO_RECORD = dict.fromkeys(("credential_kind", "credential_state", "credential_age_days", "credential_label"))


def test_the_story_of_a_refused_answer() -> None:
    trace = closed_row(INVALID)

    assert list(sections(trace)) == [
        "Request", "Trusted facts", "Provider", "Evidence", "Check", "Outcome", "Other traces",
    ]  # fmt: skip
    assert sections(trace)["Check"] == [
        ("Policy", "policy@1"),
        ("Check", "refused: window_conflict"),
        ("Why", "The answer named another window than the policy line's."),
    ]
    assert sections(trace)["Outcome"] == [
        ("Status", "failed"),
        ("Error code", "invalid_decision"),
        ("The sender reads", "The answer did not pass our checks, so no decision was made."),
        ("Who acts", "operator; reason on the row"),
        ("Look at", "error_reason; new model, prompt or release?"),
        ("Do", "a few are normal; many: go back to what passed, run the eval"),
        ("Do not", "loosen the check, write a decision by hand"),
        ("Runbook", "docs/runbook.md#error-codes"),
        ("Finished", "2026-03-01 12:00:02 UTC"),
        ("Total time", "2,000 ms"),
        ("Our own time", "2,000 ms"),
    ]


def test_the_story_of_a_decision_shows_its_facts() -> None:
    trace = closed_row()

    known = facts(trace)

    assert known["Report's fingerprint"] == f"{trace.input_fingerprint} under the key test"
    assert (known["Credential"], known["Kind"], known["State"]) == ("invoice-sync", "service_account_key", "active")
    assert (known["Age"], known["Model"], known["Tokens in"]) == ("12 days", "answered-model", "310")
    assert (known["Policy lines cited"], known["Check"], known["Decision"]) == ("P-7", "passed", "eligible")


def test_the_story_shows_how_old_the_record_was() -> None:
    known = {"label": "invoice-sync", "kind": "service_account_key", "state": "active", "age_days": None}
    observed: dict[str, dict[str, int | None]] = {
        "5 hours before, bound 168": {"record_age_hours": 5, "fresh_hours": 168},
        "1 hour before, no bound": {"record_age_hours": 1, "fresh_hours": None},
        "after the request, bound 168": {"record_age_hours": -1, "fresh_hours": 168},
    }

    for sentence, more in observed.items():
        story = facts(closed_row(facts={**known, **more}))
        assert (story["Age"], story["Record observed"]) == ("unknown", sentence)
    assert "Record observed" not in facts(closed_row())


@pytest.mark.parametrize(
    ("code", "latency_ms", "provider_ms", "own"),
    [
        ("provider_error", 2000, 1200, "800 ms"),
        ("provider_error", 1200, 1201, "0 ms"),
        ("provider_error", None, 1200, "not known"),
        ("provider_timeout", 2000, None, "not known"),
        ("account_unknown", 2000, None, "2,000 ms"),
    ],
)
def test_our_own_time_is_what_the_provider_did_not_take(code: str, latency_ms: int, provider_ms: int, own: str) -> None:
    trace = insert(FAILED_ROW | {"error_code": code, "latency_ms": latency_ms, "provider_ms": provider_ms})

    assert facts(trace)["Our own time"] == own


def test_what_the_provider_said_is_shown_with_what_to_do() -> None:
    said = {"provider_status": 429, "provider_code": "insufficient_quota"}
    known = facts(insert(FAILED_ROW | {"error_code": ErrorCode.PROVIDER_REJECTED} | said))
    unknown = facts(insert(FAILED_ROW | {"provider_status": 500}))

    assert known["Provider said"] == "HTTP 429, insufficient_quota"
    assert known["What to do"] == "The account at the provider has nothing left to pay with."
    assert unknown["Provider said"] == "HTTP 500, no code that we know"
    assert "What to do" not in unknown
    assert "Provider said" not in facts(closed_row())


def test_a_request_without_a_record_says_that_no_model_was_asked() -> None:
    known = facts(insert(FAILED_ROW | NO_RECORD | {"error_code": ErrorCode.ACCOUNT_UNKNOWN}))

    assert known["Credential"] == "no trusted record was found"
    assert known["Call"] == "none: the request ended before"
    assert known["Check"] == "not reached"


def test_a_request_of_no_member_says_so_to_operators_alone() -> None:
    unknown = FAILED_ROW | NO_RECORD | {"error_code": ErrorCode.ACCOUNT_UNKNOWN}
    stranger, member = (insert(unknown | {"error_reason": reason}) for reason in (NOT_A_MEMBER, None))
    known = facts(stranger)

    assert known["Membership"] == "not a member: the submitter was not given this account"
    assert known["Facts"] == "not looked up: the submitter is not a member"
    assert known["Check"] == "not reached"
    assert known["Who acts"] == OR_GIVE_ACCOUNT
    assert known["The sender reads"] == facts(member)["The sender reads"]
    assert "Membership" not in facts(member)


def test_a_running_trace_shows_for_how_long_and_is_closed_first_if_it_was_left() -> None:
    running, left = (open_row(at=timezone.now() - timedelta(seconds=seconds)) for seconds in (3, 3600))

    assert facts(running)["Running for"] in {"3 s", "4 s"}
    assert facts(left)["Error code"] == "interrupted"


def test_every_error_code_shows_its_sentence_and_who_acts() -> None:
    for code in ErrorCode:
        reason = "window_conflict" if code == ErrorCode.INVALID_DECISION else None
        row = insert(FAILED_ROW | {"error_code": code, "error_reason": reason})
        known = facts(row)
        assert (known["The sender reads"], known["Who acts"]) == (sentence_of(ROTATION, row), WHO_ACTS[code])
        assert all(known[label].strip(" -`[]") for label in ("Look at", "Do", "Do not")), code
        assert not re.search(r"[`\[\]]", known["Look at"] + known["Do"] + known["Do not"]), code


def test_the_runbook_of_each_code_is_a_link_to_its_section(admin_client: Client) -> None:
    for code in ErrorCode.values:
        reason = INVALID.error_reason if code == ErrorCode.INVALID_DECISION else None
        trace = insert(FAILED_ROW | {"error_code": code, "error_reason": reason})
        story = admin_client.get(page_address(trace.pk))
        assertContains(story, f'<a href="/admin/runbook/#{code}">docs/runbook.md#error-codes</a>', html=True)

    page = admin_client.get("/admin/runbook/").text

    assert re.findall(r'<h2 id="(\w+)">', page) == list(runbook.remedies())
    assert {*ErrorCode.values} == {*runbook.remedies()}


def test_the_page_of_a_missing_runbook_says_so(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runbook_page, "remedies", dict)

    assertContains(admin_client.get("/admin/runbook/"), "The runbook was not installed with this service.")


def test_a_story_without_the_runbook_has_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runbook, "SECTION", "docs/nowhere.md#error-codes")
    runbook.remedies.cache_clear()

    known = facts(insert(FAILED_ROW))

    runbook.remedies.cache_clear()
    assert known["Error code"] == "provider_timeout"
    assert not {"Look at", "Runbook"} & known.keys()


@pytest.mark.parametrize(
    ("submitter", "words"),
    [
        ("open", "anyone: the service is open, and the request had no cookie of ours (open)"),
        ("browser:Zb3", "a browser without a sign-in, known by its cookie (browser:Zb3)"),
        ("batch", "the decide_many command, in nobody's name (batch)"),
        ("eval", "the eval command (eval)"),
        ("user:987654", "a user that was deleted (user:987654)"),
        ("token:987654", "a token that was deleted (token:987654)"),
        ("user:" + "9" * 19, f"a user that was deleted (user:{'9' * 19})"),
        ("user:x", "user:x"),
        ("user:" + "9" * 30, f"user:{'9' * 30}"),
    ],
)
def test_the_story_says_who_sent_it(submitter: str, words: str) -> None:
    assert facts(insert(COMPLETED_ROW | {"submitter": submitter}))["Submitter"] == words


def test_a_user_and_a_token_are_named_with_a_link_for_who_may_see_them(admin_user: User, admin_client: Client) -> None:
    pat = operator("pat")
    pat.user_permissions.add(Permission.objects.get(codename="view_user"))
    clients = {signed_in(operator()): (False, False), signed_in(pat): (True, False), admin_client: (True, True)}
    token = ApiToken(name="nightly job", created_by=admin_user)
    token.issue([])
    user, made = f"admin (user:{admin_user.pk})", f"the token “nightly job”, made by admin ({token.submitter})"
    links = (
        (closed_row(submitter=f"user:{admin_user.pk}"), user, f"/admin/auth/user/{admin_user.pk}/change/"),
        (closed_row(submitter=token.submitter), made, f"/admin/access/apitoken/{token.pk}/change/"),
    )

    for number, (trace, words, page) in enumerate(links):
        assert facts(trace)["Submitter"] == words
        for client, may_see in clients.items():
            shown = f'<a href="{page}">{words}</a>' if may_see[number] else words
            assertContains(client.get(page_address(trace.pk)), f"<dd>{shown}</dd>", html=True)


def test_a_token_that_a_command_made_is_named_so() -> None:
    token = ApiToken(name="nightly job")
    token.issue([])

    words = facts(closed_row(submitter=token.submitter))["Submitter"]
    assert words.startswith("the token “nightly job”, made by a command or a user who was deleted (token:")


def test_every_reason_of_the_check_has_a_sentence() -> None:
    for reason in Reason:
        row = FAILED_ROW | {"error_code": ErrorCode.INVALID_DECISION, "error_reason": reason.value}
        assert facts(insert(row))["Why"].endswith("."), reason


@pytest.mark.parametrize(("source", "shown"), [(Source.WEB, Source.API), (Source.EVAL, Source.EVAL)])
def test_the_links_lead_to_the_same_account_and_the_same_report(
    admin_client: Client, source: Source, shown: Source
) -> None:
    trace = closed_row(source=source)
    same_account = closed_row(source=shown, input_fingerprint="1" * 32)
    same_report = closed_row(source=shown, account_id="acct_20468")

    links = re.findall(r'<dd><a href="([^"]*)">All traces of', admin_client.get(page_address(trace.pk)).text)
    account, report = (admin_client.get(html.unescape(link)) for link in links)

    assertContains(account, same_account.pk)
    assertNotContains(account, same_report.pk)
    assertContains(report, same_report.pk)
    assertNotContains(report, same_account.pk)


def test_reviews_and_their_notes_are_for_who_may_see_reviews(admin_user: User) -> None:
    trace = needs_review()
    review(trace, by=admin_user)
    review(trace, by=admin_user, seen=1, note="")
    engineer = operator("eve", ("view_tracerecord",))

    first, second = sections(trace)["Reviews"]
    shown = story_of(trace, at=timezone.now(), viewer=admin_user)["Reviews"]

    assert (first[0], second[0]) == ("Review 1", "Review 2")
    assert first[1].endswith("(admin, 2026-03-01 12:00:02 UTC)")
    assert FINDING["note"] not in json.dumps(sections(trace))
    assert [(fact.label, fact.value) for fact in shown] == [first, ("Note of review 1", FINDING["note"]), second]
    assert "Reviews" not in story_of(trace, at=timezone.now(), viewer=engineer)
