"""Repeated submissions, and retries of failed ones."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from boundary.failures import ProviderRefused
from decisions.sentences import FRESH_KEY
from rotation.models import Credential
from tests.conftest import Decide, MakeCredential, Response, report
from tests.fakes import FakeProvider
from tests.interfaces.conftest import CANARY, faults, problem
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

DECIDE = "/rotation/decide"
KEY = {"Idempotency-Key": "order-0001"}
BAD_KEYS = {
    "short": "order-1",
    "long": "x" * 65,
    "space": "order 0001",
    "comma": "order,0001",
    "other script": "commande-\xe9t\xe9",
    "words": f"{CANARY}!",
}


@pytest.fixture(autouse=True)
def ready(credential: Credential, provider: FakeProvider) -> None:
    """A record and a provider, so that each accepted submission is decided."""


def known_browser() -> Client:
    client = Client()
    client.get("/")
    return client


def post(client: Client, body: dict[str, str] | None = None, /, **headers: str) -> Response:
    return client.post(DECIDE, body or report(), content_type="application/json", headers=headers)


def test_repeated_submission_returns_the_same_row_without_a_call(decide: Decide, provider: FakeProvider) -> None:
    first, second = decide(None, **KEY), decide(None, **KEY)

    assert first.json() == second.json()
    assert len(provider.calls) == 1
    assert TraceRecord.objects.count() == 1


def test_other_line_ends_make_the_same_submission(decide: Decide, provider: FakeProvider) -> None:
    first = decide(report(text="stale key\nof a robot"), **KEY)
    second = decide(report(text="  stale key\r\nof a robot\r\n"), **KEY)

    assert first.json() == second.json()
    assert len(provider.calls) == 1


def test_repeated_failed_submission_stays_failed_and_names_the_way_to_try_again(
    decide: Decide, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()

    first, second = decide(None, **KEY).json(), decide(None, **KEY).json()
    read = Client().get(f"/rotation/{first['trace_id']}").json()

    assert second == first | {"error": f"{first['error']} {FRESH_KEY}"}
    assert read == first
    assert (second["status"], len(provider.calls)) == ("failed", 1)


def test_repeated_failure_that_no_retry_can_mend_names_no_fresh_key(decide: Decide, provider: FakeProvider) -> None:
    provider.says = ProviderRefused()

    assert decide(None, **KEY).json() == decide(None, **KEY).json()


def test_second_click_on_a_failed_form_names_no_key(provider: FakeProvider) -> None:
    provider.says = TimeoutError()
    browser = known_browser()

    first, second = (browser.post("/", report(submission_key="key-of-the-form")) for _ in range(2))

    for page in (first, second):
        assert "Decision unavailable; retry safely." in page.text
        assert "Idempotency-Key" not in page.text
    assert len(provider.calls) == 1


def test_requests_without_a_key_are_separate(decide: Decide, provider: FakeProvider) -> None:
    first, second = decide(), decide()

    assert first.json()["trace_id"] != second.json()["trace_id"]
    assert len(provider.calls) == 2


def test_key_cannot_be_used_for_another_report(decide: Decide, provider: FakeProvider) -> None:
    decide(None, **KEY)

    for other in ({"account_id": "acct_20468"}, {"credential_report": "Another stale key."}, {"item": "invoice-sync"}):
        assert faults(decide(report() | other, **KEY)) == [("Idempotency-Key", "key_reused")], other

    assert (len(provider.calls), TraceRecord.objects.count()) == (1, 1)


def test_submission_that_still_runs_is_a_conflict(decide: Decide, provider: FakeProvider) -> None:
    twins: list[Response] = []
    provider.meanwhile = lambda: twins.append(post(Client(), **KEY))

    first = decide(None, **KEY)

    address = f"/rotation/{first.json()['trace_id']}"
    assert problem(twins[0], 409)["trace_url"] == twins[0]["Location"] == address
    assert len(provider.calls) == 1
    assert TraceRecord.objects.count() == 1


def test_address_of_a_running_submission_shows_it_running(decide: Decide, provider: FakeProvider) -> None:
    seen: list[Response] = []
    provider.meanwhile = lambda: seen.append(Client().get(post(Client(), **KEY)["Location"]))

    decide(None, **KEY)

    assert seen[0].json()["status"] == "running"


def test_malformed_key_is_refused(decide: Decide, provider: FakeProvider, subtests: pytest.Subtests) -> None:
    for name, key in BAD_KEYS.items():
        with subtests.test(name):
            response = decide(None, **{"Idempotency-Key": key})
            assert faults(response) == [("Idempotency-Key", "invalid")]
            assert CANARY not in response.text

    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_valid_key_is_stored_on_the_row(decide: Decide) -> None:
    keys = {"12345678", "x" * 64, "A_b-9" * 5}

    for key in keys:
        decide(None, **{"Idempotency-Key": key})

    assert set(TraceRecord.objects.values_list("submission_key", flat=True)) == keys


def test_empty_key_is_stored_as_null(decide: Decide) -> None:
    decide(None, **{"Idempotency-Key": ""})

    assert TraceRecord.objects.get().submission_key is None


def test_equal_keys_of_different_submitters_do_not_collide(provider: FakeProvider) -> None:
    user = Client()
    user.force_login(User.objects.create_user("ada"))

    traces = [post(client, **KEY).json()["trace_id"] for client in (Client(), known_browser(), known_browser(), user)]

    assert len(set(traces)) == len(provider.calls) == 4
    kinds = [row.submitter.partition(":")[0] for row in TraceRecord.objects.order_by("submitter")]
    assert kinds == ["browser", "browser", "open", "user"]


def test_retry_is_a_new_row_that_names_the_failed_one(decide: Decide, provider: FakeProvider) -> None:
    provider.says = TimeoutError()
    failed = decide(None, **KEY).json()["trace_id"]

    retried = decide(None, **{"Retry-Of": failed, "Idempotency-Key": "order-0002"}).json()["trace_id"]

    assert retried != failed
    assert TraceRecord.objects.get(trace_id=retried).retry_of == failed
    assert len(provider.calls) == 2


def test_failure_can_be_retried_more_than_once(decide: Decide, provider: FakeProvider) -> None:
    provider.says = TimeoutError()
    failed = decide().json()["trace_id"]

    retries = [decide(None, **{"Retry-Of": failed}) for _ in range(2)]

    assert [retry.status_code for retry in retries] == [200, 200]
    assert TraceRecord.objects.filter(retry_of=failed).count() == 2


def test_running_decision_is_not_retried(decide: Decide, provider: FakeProvider) -> None:
    retries: list[Response] = []
    provider.meanwhile = lambda: retries.append(post(Client(), **{"Retry-Of": TraceRecord.objects.get().trace_id}))

    decide()

    assert faults(retries[0]) == [("Retry-Of", "not_retryable")]
    assert len(provider.calls) == 1


def test_interrupted_decision_can_be_retried(
    decide: Decide, provider: FakeProvider, open_trace: Callable[..., TraceRecord]
) -> None:
    left = open_trace(age_seconds=3600)

    retried = decide(None, **{"Retry-Of": left.trace_id})

    assert TraceRecord.objects.get(pk=retried.json()["trace_id"]).retry_of == left.trace_id


def test_only_an_own_failure_of_the_same_account_is_retried(
    decide: Decide, provider: FakeProvider, make_credential: MakeCredential, subtests: pytest.Subtests
) -> None:
    make_credential("acct_20468")
    completed = decide()
    provider.says = TimeoutError()
    others = {
        "completed": completed.json()["trace_id"],
        "of another account": decide(report("acct_20468")).json()["trace_id"],
        "of another submitter": post(known_browser()).json()["trace_id"],
        "unknown": new_trace_id(),
    }

    for name, trace_id in others.items():
        with subtests.test(name):
            assert faults(decide(None, **{"Retry-Of": trace_id})) == [("Retry-Of", "not_retryable")]

    assert (len(provider.calls), TraceRecord.objects.count()) == (3, 3)


def test_malformed_trace_id_is_not_retried(decide: Decide, provider: FakeProvider, subtests: pytest.Subtests) -> None:
    for retry_of in ("trace_1", CANARY, "trace_" + "i" * 26, "TRACE_" + "0" * 26):
        with subtests.test(retry_of):
            response = decide(None, **{"Retry-Of": retry_of})
            assert faults(response) == [("Retry-Of", "invalid")]
            assert CANARY not in response.text

    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_malformed_key_and_retry_are_both_named(decide: Decide) -> None:
    response = decide(None, **{"Idempotency-Key": "x", "Retry-Of": "x"})

    assert faults(response) == [("Idempotency-Key", "invalid"), ("Retry-Of", "invalid")]
