"""The story of one trace, in the order in which it happened: what the operators' page and the `trace` command show."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.urls import reverse

from traces.codes import UNASKED, WHO_ACTS, ErrorCode, Source, Status
from traces.models import TraceRecord
from traces.reviews import reviews_of

# What packages above the ledger add of their own: a sentence about a trace, and one for each (workflow, error_reason).
NOTES: list[Callable[[TraceRecord], str | None]] = []
REASONS: dict[tuple[str, str], str] = {}

MOST_ATTEMPTS = 20


@dataclass(frozen=True)
class Fact:
    """`address` is the admin page that the value leads to."""

    label: str
    value: str
    address: str | None = None


@dataclass(frozen=True)
class Section:
    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Story:
    trace_id: str
    sections: tuple[Section, ...]


def tell(trace: TraceRecord, *, at: datetime, with_reviews: bool = True) -> Story:
    """Tell a row that was read at this time, its reviews to who may see them; a section without facts is left out."""
    sections = {
        "Request": _request(trace),
        "Trusted facts": _trusted_facts(trace),
        "Provider": _provider(trace),
        "Evidence": _evidence(trace),
        "Check": _check(trace),
        "Outcome": _outcome(trace, at=at),
        "Reviews": _reviews(trace) if with_reviews else (),
        "Other traces": _others(trace, at=at),
    }
    told = (Section(title, tuple(facts)) for title, facts in sections.items())
    return Story(trace.trace_id, tuple(section for section in told if section.facts))


def page_address(trace_id: str) -> str:
    """The admin unquotes what follows an underscore: unquoted, one id in 170 would name another."""
    return reverse("admin:traces_tracerecord_change", args=[quote(trace_id)])


def list_address(**lookups: str) -> str:
    return f"{reverse('admin:traces_tracerecord_changelist')}?{urlencode(lookups)}"


def _request(trace: TraceRecord) -> Iterator[Fact]:
    yield Fact("Started", _moment(trace.started_at))
    yield Fact("Came in by", Source(trace.source).label)
    yield Fact("Submitter", trace.submitter)
    yield Fact("Workflow", trace.workflow)
    yield Fact("Account", trace.account_id)
    yield Fact("Submission key", _told(trace.submission_key))
    yield Fact("Report's fingerprint", f"{trace.input_fingerprint} under the key {trace.fingerprint_key_id}")
    yield Fact("Release", trace.release)


def _trusted_facts(trace: TraceRecord) -> Iterator[Fact]:
    if trace.credential_kind is None:
        yield Fact("Credential", "no trusted record was found")
        return
    yield Fact("Credential", _told(trace.credential_label))
    yield Fact("Kind", trace.credential_kind)
    yield Fact("State", _told(trace.credential_state))
    yield Fact("Age", _counted(trace.credential_age_days, "days"))


def _provider(trace: TraceRecord) -> Iterator[Fact]:
    if trace.error_code in UNASKED:
        yield Fact("Call", "none: the request ended before")
    yield Fact("Provider", trace.provider)
    yield Fact("Model", _told(trace.model))
    yield Fact("Prompt", trace.prompt_version)
    yield Fact("Provider's time", _counted(trace.provider_ms, "ms"))
    yield Fact("Tokens in", _counted(trace.input_tokens))
    yield Fact("Tokens out", _counted(trace.output_tokens))


def _evidence(trace: TraceRecord) -> Iterator[Fact]:
    yield Fact("Policy lines cited", ", ".join(map(str, trace.policy_line_ids)) or "none")


def _check(trace: TraceRecord) -> Iterator[Fact]:
    yield Fact("Policy", trace.policy_version)
    if trace.error_reason is None:
        yield Fact("Check", "passed" if trace.status == Status.COMPLETED else "not reached")
        return
    yield Fact("Check", f"refused: {trace.error_reason}")
    if sentence := REASONS.get((trace.workflow, trace.error_reason)):
        yield Fact("Why", sentence)


def _outcome(trace: TraceRecord, *, at: datetime) -> Iterator[Fact]:
    yield Fact("Status", trace.status)
    if trace.status == Status.RUNNING:
        yield Fact("Running for", _counted(int((at - trace.started_at).total_seconds()), "s"))
        return
    if trace.decision is not None:
        yield Fact("Decision", trace.decision)
    if trace.error_code is not None:
        yield Fact("Error code", trace.error_code)
        yield Fact("The sender reads", _told(trace.error))
        yield Fact("Who acts", WHO_ACTS[ErrorCode(trace.error_code)])
    yield Fact("Finished", _moment(trace.finished_at) if trace.finished_at else "not known")
    yield Fact("Total time", _counted(trace.latency_ms, "ms"))
    yield Fact("Our own time", _counted(_own_ms(trace), "ms"))


def _reviews(trace: TraceRecord) -> Iterator[Fact]:
    for review in reviews_of(trace.pk):
        words = f"{review.outcome.label} {review.reason.label}"
        yield Fact(f"Review {review.number}", f"{words} ({review.reviewer}, {_moment(review.reviewed_at)})")


def _others(trace: TraceRecord, *, at: datetime) -> Iterator[Fact]:
    evals = {"source__exact": Source.EVAL.value} if trace.source == Source.EVAL else {}
    same_account = list_address(account_id__exact=trace.account_id, **evals)
    yield Fact("Same account", f"All traces of {trace.account_id}", same_account)
    same_report = list_address(input_fingerprint__exact=trace.input_fingerprint, **evals)
    yield Fact("Same report", f"All traces of {trace.input_fingerprint}", same_report)
    yield from _earlier(trace, at=at)
    yield from _later(trace, at=at)
    yield from (Fact("Note", told) for told in (note(trace) for note in NOTES) if told)


def _earlier(trace: TraceRecord, *, at: datetime) -> Iterator[Fact]:
    """Follow what was retried back to the first attempt, or to one that is not kept any more."""
    seen = {trace.pk}
    while trace.retry_of and trace.retry_of not in seen and len(seen) <= MOST_ATTEMPTS:
        seen.add(trace.retry_of)
        try:
            trace = TraceRecord.objects.read(trace.retry_of, at=at)
        except TraceRecord.DoesNotExist:
            yield Fact("Retry of", f"{trace.retry_of}, which is not kept any more")
            return
        yield _attempt("Retry of", trace)


def _later(trace: TraceRecord, *, at: datetime) -> Iterator[Fact]:
    """Follow the retries of this row, and theirs, generation by generation."""
    seen = [trace.pk]
    generation = [trace.pk]
    while generation and len(seen) <= MOST_ATTEMPTS:
        retries = TraceRecord.objects.filter(retry_of__in=generation).exclude(pk__in=seen).order_by("started_at", "pk")
        generation = list(retries.values_list("pk", flat=True)[: MOST_ATTEMPTS + 1 - len(seen)])
        seen += generation
        yield from (_attempt("Retried as", TraceRecord.objects.read(each, at=at)) for each in generation)


def _attempt(label: str, trace: TraceRecord) -> Fact:
    ended = trace.error_code or trace.decision or trace.status
    return Fact(label, f"{trace.trace_id}: {ended}, {_moment(trace.started_at)}", page_address(trace.trace_id))


def _own_ms(trace: TraceRecord) -> int | None:
    """What the provider did not take; two roundings may make it less than nothing."""
    if trace.latency_ms is None:
        return None
    return max(0, trace.latency_ms - (trace.provider_ms or 0))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _counted(number: int | None, unit: str = "") -> str:
    return "not known" if number is None else f"{number:,} {unit}".rstrip()


def _told(text: str | None) -> str:
    return text or "none"
