"""The story of one trace, in the order in which it happened: for the page of a trace and for the `trace` command."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse

from access.models import ApiToken
from boundary.trouble import CODES
from evals.lookup import note_cases
from operators.follow_ups import what_became
from operators.row_words import (
    describe_answer,
    describe_facts,
    own_ms,
    review_sentences,
    sentence_for_sender,
    why_refused,
)
from operators.runbook import SECTION, remedies
from operators.senders import sender_of
from traces.codes import BEFORE_ASKING, NOT_A_MEMBER, WHO_ACTS, ErrorCode, Source, Status
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest
from traces.reviews import reviews_of

MOST_ATTEMPTS = 20
OR_GIVE_ACCOUNT = "customer checks the id; who manages members gives the account, if it is theirs"


class Fact(NamedTuple):
    """`address` is the admin page that the value leads to."""

    label: str
    value: str
    address: str | None = None


# The facts of each section, by its title.
Story = dict[str, list[Fact]]


def story_of(trace: TraceRecord, *, at: datetime, viewer: User | AnonymousUser | None = None) -> Story:
    """
    Return the story of a row that was read at this time, with what the viewer may see. Sections without facts are left
    out. A command has no viewer: it prints the reviews and leaves out their notes.
    """
    sections: dict[str, Iterable[Fact]] = {
        "Request": _request(trace, viewer),
        "Trusted facts": (Fact(*line) for line in describe_facts(trace)),
        "Provider": _provider(trace),
        "Evidence": _evidence(trace),
        "Check": _check(trace),
        "Outcome": _outcome(trace, at=at),
        "Since then": _since(trace),
        "Reviews": (*_request_for_review(trace, viewer), *_reviews(trace, viewer)),
        "Other traces": _others(trace, at=at),
    }
    listed = {title: list(facts) for title, facts in sections.items()}
    return {title: facts for title, facts in listed.items() if facts}


def page_address(trace_id: str) -> str:
    """Quote the id: the admin unquotes what follows an underscore, so that one id in 170 would name another row."""
    return reverse("admin:traces_tracerecord_change", args=[quote(trace_id)])


def list_address(**lookups: str) -> str:
    return f"{reverse('admin:traces_tracerecord_changelist')}?{urlencode(lookups)}"


def _request(trace: TraceRecord, viewer: User | AnonymousUser | None) -> Iterator[Fact]:
    yield Fact("Started", _utc(trace.started_at))
    yield Fact("Came in by", Source(trace.source).label)
    words, sender = sender_of(trace.submitter)
    yield Fact("Submitter", words, _admin_page(sender, viewer) if sender and viewer else None)
    yield Fact("Workflow", trace.workflow)
    yield Fact("Account", trace.account_id or "none")
    if trace.error_reason == NOT_A_MEMBER:
        yield Fact("Membership", "not a member: the submitter was not given this account")
    yield Fact("Submission key", trace.submission_key or "none")
    yield Fact("Report's fingerprint", f"{trace.input_fingerprint} under the key {trace.fingerprint_key_id}")
    yield Fact("Release", trace.release)


def _admin_page(sender: User | ApiToken, viewer: User | AnonymousUser) -> str | None:
    """Return the address of a user or a token, None to who may not see it."""
    app, model = sender._meta.app_label, sender._meta.model_name
    return reverse(f"admin:{app}_{model}_change", args=[sender.pk]) if viewer.has_perm(f"{app}.view_{model}") else None


def _provider(trace: TraceRecord) -> Iterator[Fact]:
    if trace.error_code in BEFORE_ASKING:
        yield Fact("Call", "none: the request ended before")
    yield Fact("Provider", trace.provider)
    yield Fact("Model", trace.model or "none")
    yield Fact("Prompt", trace.prompt_version)
    yield Fact("Provider's time", _amount(trace.provider_ms, "ms"))
    if trace.provider_status is not None:
        yield Fact("Provider said", f"HTTP {trace.provider_status}, {trace.provider_code or 'no code that we know'}")
    if known := CODES.get(trace.provider_code or ""):
        yield Fact("What to do", known.advice)
    yield Fact("Tokens in", _amount(trace.input_tokens))
    yield Fact("Tokens out", _amount(trace.output_tokens))


def _evidence(trace: TraceRecord) -> Iterator[Fact]:
    yield Fact("Policy lines cited", ", ".join(map(str, trace.policy_line_ids)) or "none")
    if trace.answer is not None:
        yield Fact("The model's answer", describe_answer(trace))


def _check(trace: TraceRecord) -> Iterator[Fact]:
    yield Fact("Policy", trace.policy_version)
    if trace.error_reason in {None, NOT_A_MEMBER}:
        yield Fact("Check", "passed" if trace.status == Status.COMPLETED else "not reached")
        return
    yield Fact("Check", f"refused: {trace.error_reason}")
    if sentence := why_refused(trace):
        yield Fact("Why", sentence)


def _outcome(trace: TraceRecord, *, at: datetime) -> Iterator[Fact]:
    yield Fact("Status", trace.status)
    if trace.status == Status.RUNNING:
        yield Fact("Running for", _amount(int((at - trace.started_at).total_seconds()), "s"))
        return
    if trace.decision is not None:
        yield Fact("Decision", trace.decision)
    if trace.error_code is not None:
        yield Fact("Error code", trace.error_code)
        yield Fact("The sender reads", sentence_for_sender(trace))
        by_code = WHO_ACTS[ErrorCode(trace.error_code)]
        yield Fact("Who acts", OR_GIVE_ACCOUNT if trace.error_reason == NOT_A_MEMBER else by_code)
        yield from _remedy(trace.error_code)
    yield Fact("Finished", _utc(trace.finished_at) if trace.finished_at else "not known")
    yield Fact("Total time", _amount(trace.latency_ms, "ms"))
    yield Fact("Our own time", _amount(own_ms(trace), "ms"))


def _remedy(code: str) -> Iterator[Fact]:
    """Show nothing for a code that the runbook does not have, or without the runbook."""
    if lines := remedies().get(code):
        yield from (Fact(*line) for line in lines)
        yield Fact("Runbook", SECTION, f"{reverse('runbook')}#{code}")


def _since(trace: TraceRecord) -> Iterator[Fact]:
    if found := what_became(trace):
        sentence, observed_at = found
        yield Fact("The record now", sentence)
        yield Fact("Last observed", _utc(observed_at) if observed_at else "not known")


def _request_for_review(trace: TraceRecord, viewer: User | AnonymousUser | None) -> Iterator[Fact]:
    """The sender's note is for those who may read requests for a review."""
    if asked := ReviewRequest.objects.filter(pk=trace.pk).first():
        yield Fact("A person was asked", _utc(asked.requested_at))
        if viewer and viewer.has_perm("traces.view_reviewrequest"):
            yield Fact("The sender's note", asked.note or "none")


def _reviews(trace: TraceRecord, viewer: User | AnonymousUser | None) -> Iterator[Fact]:
    if viewer and not viewer.has_perm("traces.view_review"):
        return
    for review in reviews_of(trace.pk):
        outcome, reason = review_sentences(review)
        by = f"({review.reviewer.get_username()}, {_utc(review.reviewed_at)})"
        yield Fact(f"Review {review.number}", f"{outcome} {reason} {by}")
        if viewer and review.note:
            yield Fact(f"Note of review {review.number}", review.note)


def _others(trace: TraceRecord, *, at: datetime) -> Iterator[Fact]:
    evals = {"source__exact": Source.EVAL.value} if trace.source == Source.EVAL else {}
    if trace.account_id is not None:
        same_account = list_address(account_id__exact=trace.account_id, **evals)
        yield Fact("Same account", f"All traces of {trace.account_id}", same_account)
    same_report = list_address(input_fingerprint__exact=trace.input_fingerprint, **evals)
    yield Fact("Same report", f"All traces of {trace.input_fingerprint}", same_report)
    yield from _earlier(trace, at=at)
    yield from _later(trace, at=at)
    if note := note_cases(trace):
        yield Fact("Note", note)


def _earlier(trace: TraceRecord, *, at: datetime) -> Iterator[Fact]:
    """Follow the retries back to the first attempt, or to one that was deleted."""
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
    """Follow the retries of this row, then the retries of those, and so on."""
    seen = [trace.pk]
    generation = [trace.pk]
    while generation and len(seen) <= MOST_ATTEMPTS:
        retries = TraceRecord.objects.filter(retry_of__in=generation).exclude(pk__in=seen).order_by("started_at", "pk")
        generation = list(retries.values_list("pk", flat=True)[: MOST_ATTEMPTS + 1 - len(seen)])
        seen += generation
        yield from (_attempt("Retried as", TraceRecord.objects.read(each, at=at)) for each in generation)


def _attempt(label: str, trace: TraceRecord) -> Fact:
    return Fact(label, summary_of(trace), page_address(trace.trace_id))


def summary_of(trace: TraceRecord) -> str:
    ended = trace.error_code or trace.decision or trace.status
    return f"{trace.trace_id}: {ended}, {_utc(trace.started_at)}"


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _amount(number: int | None, unit: str = "") -> str:
    return "not known" if number is None else f"{number:,} {unit}".rstrip()
