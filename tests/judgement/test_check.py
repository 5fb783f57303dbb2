"""The truth table of the check, and its rules over generated answers, ages, kinds and states."""

import hashlib
import json
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.check import Reason, Supported, Unsupported, Verdict, check_answer, check_facts
from rotation.contract import CredentialFacts, CredentialKind, CredentialState, Decision, RotationReport
from rotation.policy import P7
from tests.fakes import answer

pytestmark = pytest.mark.any_database

REPORT = RotationReport(account_id="acct_10234", credential_report="The service-account key is stale.")
KEY, ACTIVE = CredentialKind.SERVICE_ACCOUNT_KEY, CredentialState.ACTIVE


def facts(age_days: int = 12, kind: CredentialKind = KEY, state: CredentialState = ACTIVE) -> CredentialFacts:
    return CredentialFacts(label="invoice-sync", kind=kind, state=state, age_days=age_days)


def check(text: str, record: CredentialFacts | None = None) -> Verdict:
    verdict, _closed = check_answer(text, REPORT, record or facts(), P7)
    return verdict


def test_changed_policy_has_a_new_version() -> None:
    covered = sorted(P7.covered_kinds), [state for state in CredentialState if P7.covers_state(state)]

    policy = json.dumps([P7.id, P7.text, P7.window_days, covered])

    assert (P7.version, hashlib.sha256(policy.encode()).hexdigest()[:16]) == ("policy@2", "4d3bd921b3314197")


def test_supported_answer_completes_with_its_decision_and_p7() -> None:
    assert [check(answer(decision)) for decision in Decision] == [
        Supported(decision, ("P-7",)) for decision in Decision
    ]


def test_only_p7_alone_is_evidence(subtests: pytest.Subtests) -> None:
    other = (["P-6"], ["p-7"], ["P-7 "], ["P\N{HYPHEN}7"])
    more = (["P-7", "P-8"], ["P-7", "P-7"])

    for decision, lines in product(Decision, (*other, *more)):
        with subtests.test(f"{decision}, {lines}"):
            reason = Reason.MISSING_EVIDENCE if lines in other else Reason.UNSUPPORTED_EVIDENCE
            assert check(answer(decision, lines=lines)) == Unsupported(reason)


def test_other_windows_than_the_policys_are_refused(subtests: pytest.Subtests) -> None:
    for decision, window in product(Decision, (0, 29, 31, 90)):
        with subtests.test(f"{decision}, {window}"):
            assert check(answer(decision, window=window)) == Unsupported(Reason.WINDOW_CONFLICT)


def test_eligible_holds_up_to_30_days_and_fails_closed_outside() -> None:
    inside = {age_days: check(answer(), facts(age_days)) for age_days in (0, 1, 29, 30)}
    outside = {age_days: check(answer(), facts(age_days)) for age_days in (31, 45, 400, -1)}

    assert inside == dict.fromkeys(inside, Supported(Decision.ELIGIBLE, ("P-7",)))
    assert outside == dict.fromkeys(outside, Unsupported(Reason.AGE_EXCEEDS_WINDOW))


def test_eligible_for_another_kind_fails_closed() -> None:
    others = set(CredentialKind) - {KEY}

    verdicts = {kind: check(answer(), facts(kind=kind)) for kind in others}

    assert verdicts == dict.fromkeys(others, Unsupported(Reason.KIND_NOT_COVERED))


def test_eligible_for_an_inactive_credential_fails_closed() -> None:
    others = set(CredentialState) - {ACTIVE}

    verdicts = {state: check(answer(), facts(state=state)) for state in others}

    assert verdicts == dict.fromkeys(others, Unsupported(Reason.CREDENTIAL_NOT_ACTIVE))


def test_other_decisions_need_no_support_of_the_record() -> None:
    uncovered = facts(400, CredentialKind.USER_PASSWORD, CredentialState.DISABLED)

    for decision in (Decision.NOT_ELIGIBLE, Decision.NEEDS_REVIEW):
        assert check(answer(decision), uncovered) == Supported(decision, ("P-7",))


def test_first_failing_rule_names_the_reason() -> None:
    other, rotated = CredentialKind.OTHER, CredentialState.ROTATED
    verdicts = {
        "shape first": check("{", facts()),
        "evidence before window": check(answer(window=31, lines=["P-6"]), facts(400)),
        "window before age": check(answer(window=31), facts(400)),
        "age before kind": check(answer(), facts(400, other)),
        "kind before state": check(answer(), facts(kind=other, state=rotated)),
    }

    assert verdicts == {
        "shape first": Unsupported(Reason.MALFORMED_ANSWER),
        "evidence before window": Unsupported(Reason.MISSING_EVIDENCE),
        "window before age": Unsupported(Reason.WINDOW_CONFLICT),
        "age before kind": Unsupported(Reason.AGE_EXCEEDS_WINDOW),
        "kind before state": Unsupported(Reason.KIND_NOT_COVERED),
    }


MALFORMED = {
    "empty": "",
    "null": "null",
    "array": "[]",
    "bare word": "eligible",
    "html": "<html></html>",
    "deep": "[" * 100_000,
    "trailing text": answer() + " ok",
    "two fences": f"```\n{answer()}\n```\n```\n{answer()}\n```",
    "other shape in a fence": "```json\n{}\n```",
    "a fence that is not closed": "```" + " " * 500_000 + "x",
    "a fence around letters": "```" + "a" * 500_000 + "```",
    "thoughts without an end": "</think" * 100_000,
    "float window": answer(window=30.0),
    "text window": answer(window="30"),
    "true window": answer(window=True),
    "null window": answer(window=None),
    "window below 0": answer(window=-1),
    "window above 90": answer(window=91),
    "huge window": answer().replace("30", "9" * 5000),
    "NaN window": answer().replace("30", "NaN"),
    "exponent window": answer().replace("30", "30e0"),
    "decision in capitals": answer("Eligible"),
    "unknown decision": answer("approved"),
    "no line": answer(lines=[]),
    "eleven lines": answer(lines=["P-7"] * 11),
    "line as text": answer(lines="P-7"),
    "line as number": answer(lines=[7]),
    "lines as object": answer(lines={"P-7": 1}),
    "unknown key": answer().replace("{", '{"note": "x", ', 1),
    "duplicate key": answer().replace("{", '{"decision": "needs_review", ', 1),
    "escaped duplicate key": answer().replace("{", '{"decis\\u0069on": "needs_review", ', 1),
    "missing key": '{"decision": "eligible", "rotation_window_days": 30}',
    "escaped lone surrogate": answer(lines=["\ud800"]),
    "lone surrogate": json.dumps(["P-7"]).join([answer(), "\ud800"]),
}


def test_other_shapes_are_malformed() -> None:
    verdicts = {name: check(text) for name, text in MALFORMED.items()}

    assert verdicts == dict.fromkeys(MALFORMED, Unsupported(Reason.MALFORMED_ANSWER))


def test_right_shape_with_something_around_it_is_wrapped() -> None:
    text = answer()

    for wrapped in (f"```json\n{text}\n```", f" ```\n{text}```\n", f"<think>Stale?</think>\n{text}", f"</think>{text}"):
        assert check(wrapped) == Unsupported(Reason.WRAPPED_ANSWER)


@given(st.text())
def test_any_text_is_malformed_without_an_exception(text: str) -> None:
    assert check(text) == Unsupported(Reason.MALFORMED_ANSWER)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*Decision, "P-7"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
HOSTILE_ANSWERS = st.builds(
    answer,
    decision=st.sampled_from([*Decision]) | JSON_VALUES,
    window=st.sampled_from([30, 30, 30.0, "30", True]) | st.integers(-5, 95) | JSON_VALUES,
    lines=st.just(["P-7"]) | st.lists(st.sampled_from(["P-7", "P-8"])) | JSON_VALUES,
)
RECORDS = st.builds(
    CredentialFacts,
    label=st.just("invoice-sync"),
    age_days=st.integers(-5, 60) | st.integers() | st.none(),
    kind=st.just(KEY) | st.sampled_from(CredentialKind),
    state=st.just(ACTIVE) | st.sampled_from(CredentialState),
    record_age_hours=st.none() | st.integers(-2, 30),
    fresh_hours=st.none() | st.integers(1, 30),
)


@given(HOSTILE_ANSWERS, RECORDS)
def test_every_supported_eligible_is_proven_by_the_record(text: str, record: CredentialFacts) -> None:
    verdict = check(text, record)

    if isinstance(verdict, Supported):
        fields = json.loads(text)
        assert (fields["decision"], fields["source_line_ids"]) == (verdict.decision, ["P-7"])
        assert type(fields["rotation_window_days"]) is int
        assert fields["rotation_window_days"] == P7.window_days
        proven = record.age_days in range(P7.window_days + 1) and record.kind is KEY and record.state is ACTIVE
        unbound = record.fresh_hours is None or record.record_age_hours is None
        fresh = unbound or record.record_age_hours in range((record.fresh_hours or 0) + 1)
        assert (proven and fresh) or verdict.decision is not Decision.ELIGIBLE


@given(st.sampled_from(Decision), RECORDS)
def test_check_facts_agrees_with_the_first_verdict(decision: Decision, record: CredentialFacts) -> None:
    first = check(answer(decision), record)

    assert check_facts(decision, ["P-7"], record, P7) == first
