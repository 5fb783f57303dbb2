"""What customers and operators read of each failure and refusal, as tables taken from the code."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus

from access.bodies import MESSAGES
from access.limits import FULL_FOR_ALL, FULL_FOR_SUBMITTER
from access.problems import PROBLEMS
from decisions.contract import NoFacts
from decisions.interface import may_retry
from decisions.sentences import FRESH_KEY, failure_sentence, retry_can_help
from decisions.workflow import Workflow
from operators.story import OR_GIVE_ACCOUNT
from tools.source_calls import calls
from traces.codes import BEFORE_ASKING, NOT_A_MEMBER, WHO_ACTS, ErrorCode, Status
from traces.models import TraceRecord

LONG_AGO = datetime(2020, 3, 1, tzinfo=UTC)
ASK, NOBODY = "`SUPPORT_CONTACT`", "no one"
BEGINNING = """# Sentences

What people read when there is no result, and what they can do then. `make sentences` writes this file from the code.
Without a `SUPPORT_CONTACT`, the sentences name "the operator of this service".
"""
FAILURES = """## Failures: {title}

Code and reason are on the row. *Retry* is what the pages offer. Programs may retry each of their own failures. Where a
retry can help, a program that repeats its `Idempotency-Key` also reads:
"{fresh_key}"
"""
REFUSALS = """## Refusals

A refused request writes no row and asks no model. Only a `trace_id` in the answer names a row that was begun. The
sentence is `detail` in JSON, and on the page. What is in braces is filled in.
"""
FIELDS = """## Fields and headers at fault

The status is 422 and the type `urn:problem-type:invalid-body`. The sentence is in `errors`, and on the page at its
field. The lines of `decide_many` have the same ones.
"""
FAILURE_HEAD = ("code", "reason", "the sender reads", "retry", "whom to ask", "for operators", "who acts")

Row = tuple[str, ...]


def document(workflows: Sequence[Workflow]) -> str:
    filled = _whole_sentences(workflows)
    parts = [BEGINNING]
    for each in workflows:
        parts += FAILURES.format(title=each.words.title, fresh_key=FRESH_KEY), _table(FAILURE_HEAD, failures(each))
    parts += REFUSALS, _table(("code", "status", "when", "sentence"), refusals(filled))
    parts += FIELDS, _table(("field", "code", "sentence"), faults(filled))
    return "\n".join(parts)


def failures(workflow: Workflow) -> Iterator[Row]:
    for code in ErrorCode:
        if code in BEFORE_ASKING and workflow.facts is NoFacts:
            yield f"`{code.value}`", "", "never: this workflow reads no records", "no", NOBODY, code.label, NOBODY
            continue
        reasons = workflow.reasons if code == ErrorCode.INVALID_DECISION else {"": ""}
        for reason, why in reasons.items():
            yield _failure(workflow, code, reason, f"{code.label} {why}".strip(), WHO_ACTS[code])
        if code == ErrorCode.ACCOUNT_UNKNOWN:
            why = "Not a member: the submitter was not given this account."
            yield _failure(workflow, code, NOT_A_MEMBER, why, OR_GIVE_ACCOUNT)
        if code == ErrorCode.INVALID_DECISION:
            yield from _failures_again(workflow, code)


def _failure(workflow: Workflow, code: ErrorCode, reason: str, operator_reads: str, acts: str) -> Row:
    trace = TraceRecord(submitter="sender", status=Status.FAILED, error_code=code, error_reason=reason)
    helps, offered = retry_can_help(trace), "yes" if may_retry("sender", trace) else "no"
    how = {
        ErrorCode.ACCOUNT_UNKNOWN: ": correct it and send it anew",
        ErrorCode.CREDENTIAL_AMBIGUOUS: ", with the item",
        ErrorCode.INVALID_DECISION: ", once",
    }
    sentence = failure_sentence(workflow, code, reason, retry_helps=helps)
    retry, ask = offered + how.get(code, ""), NOBODY if helps else ASK
    return f"`{code.value}`", f"`{reason}`" if reason else "", sentence, retry, ask, operator_reads, acts


def _failures_again(workflow: Workflow, code: ErrorCode) -> Iterator[Row]:
    """Yield a row for each sentence of an answer that fails the check on a retry, too."""
    alike: dict[str, list[str]] = {}
    for reason in workflow.reasons:
        alike.setdefault(failure_sentence(workflow, code, reason, retry_helps=False), []).append(f"`{reason}`")
    operator_reads = f"{code.label} The story names the retried trace, which ended alike."
    for sentence, reasons in alike.items():
        yield (
            f"`{code.value}`",
            f"on a retry too: {', '.join(reasons)}",
            sentence,
            "no",
            ASK,
            operator_reads,
            WHO_ACTS[code],
        )


def refusals(filled: Mapping[str, str]) -> Iterator[Row]:
    made = sorted({call[:3] for call in calls("Refusal", filled)})
    for problem in PROBLEMS:
        for status, code, sentence in made:
            if (HTTPStatus[status], code) == (problem.status, problem.code):
                yield f"`{code}`", str(problem.status.value), problem.when, sentence


def faults(filled: Mapping[str, str]) -> Iterator[Row]:
    anywhere = [*MESSAGES.items(), *calls("PydanticCustomError", filled)]
    rows = {("any", code, sentence) for code, sentence, *_ in anywhere}
    # A code in braces is one of the codes above.
    rows |= {(f"`{field}`", code, text) for field, code, text in calls("FieldError", filled) if "{" not in code}
    return ((field, f"`{code}`", sentence) for field, code, sentence in sorted(rows))


def _whole_sentences(workflows: Sequence[Workflow]) -> Mapping[str, str]:
    """Return the sentences that stand in the place of expressions, by the last name in them."""
    gone = [each.products.gone(TraceRecord(finished_at=LONG_AGO)) for each in workflows if each.products]
    return {
        "reached": f"{FULL_FOR_SUBMITTER} / {FULL_FOR_ALL}",
        "gone": " / ".join(gone),
        "not_retryable": " / ".join(each.words.not_retryable for each in workflows),
    }


def _table(head: Row, rows: Iterable[Row]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ("---",) * len(head), *rows))
