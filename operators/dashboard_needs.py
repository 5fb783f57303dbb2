"""What needs somebody now: one line each, those that are urgent marked."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count
from django.template.defaultfilters import pluralize
from django.urls import reverse

from decisions.record_ages import describe_oldest_source
from decisions.registry import trusted_records, workflows
from evals.models import EvalRun
from operators.dashboard_counts import Ended
from operators.dashboard_period import Number, Period
from operators.feedback import judged_workflows, marked_wrong
from operators.follow_ups import LOOKS_BACK, MOST_DECISIONS, follow_ups, unmoved
from operators.review_queue import MOST_COUNTED, queue_address, requests_waiting
from operators.story import list_address
from traces.codes import BEFORE_ASKING, ErrorCode, Status
from traces.models import TraceQuerySet, TraceRecord

PROVIDER_WINDOW = timedelta(minutes=15)
# From this share of failures on, in percent, a provider needs somebody.
MARKED_FROM = 20


class Need(NamedTuple):
    """One line: `numbers` are links, and `sentence` follows them."""

    title: str
    sentence: str
    numbers: tuple[Number, ...] = ()
    is_urgent: bool = False


def needs(rows: TraceQuerySet, ended: Sequence[Ended], period: Period, *, user: User | AnonymousUser) -> Iterator[Need]:
    """Describe what needs somebody, and what does not, among the `rows` of the period and beside them."""
    at = period.until
    yield _late(rows, ended, period)
    yield from _providers(rows, period)
    yield _reviews(at, may_review=user.has_perm("traces.view_reviewrequest"))
    for workflow, word in judged_workflows().items():
        count = marked_wrong(workflow, period.of(rows)).count()
        number = period.number(count, f"{word}{pluralize(count)}", marked_wrong=workflow)
        yield Need("Marked wrong by senders", f"in {period.title}", (number,), count > 0)
    for _, records in trusted_records():
        is_well, sentence = describe_oldest_source(records, now=at)
        # Without a bound, which `doctor` warns of, nothing is too old.
        is_bounded = bool(getattr(settings, records.fresh_hours))
        is_urgent = records.oldest_source() is None or (not is_well and is_bounded)
        yield Need("Trusted records", sentence, is_urgent=is_urgent)
    for workflow, follow_up in follow_ups().items():
        count = unmoved(follow_up, TraceRecord.objects.all(), at=at).count()
        number = Number(count, "", list_address(follow_up=workflow))
        within = f"of the latest {MOST_DECISIONS:,} decisions in {LOOKS_BACK.days} days"
        yield Need(follow_up.title, within, (number,), count > 0)
    yield from _last_evals(may_view=user.has_perm("evals.view_evalrun"))
    if ahead := rows.filter(started_at__gte=at).count():
        address = list_address(started_at__gte=at.isoformat(), status__exact="all", **period.lookups)
        number = Number(ahead, f"request{pluralize(ahead)}", address)
        yield Need("A clock was wrong", "in the future, not counted below", (number,), is_urgent=True)


def _late(rows: TraceQuerySet, ended: Sequence[Ended], period: Period) -> Need:
    """Count the rows that the list's filter shows: those that run past the deadline, and those closed for it."""
    deadline = period.until - timedelta(seconds=settings.DECISION_DEADLINE_SECONDS)
    late = period.of(rows).filter(status=Status.RUNNING, started_at__lt=deadline).count()
    count = late + sum(each.requests for each in ended if each.name == ErrorCode.INTERRUPTED)
    number = period.number(count, "past the deadline", overdue="yes")
    return Need("Running too long", f"in {period.title}, {late:,} still running", (number,), late > 0)


def _providers(rows: TraceQuerySet, period: Period) -> Iterator[Need]:
    recent = period.since_then(period.until - PROVIDER_WINDOW)
    ended = recent.of(rows).exclude(status=Status.RUNNING).exclude(error_code__in=BEFORE_ASKING).order_by()
    by_provider: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
    for provider, code, count in ended.values_list("provider", "error_code").annotate(count=Count("*")):
        by_provider[provider][code] = count
    minutes = PROVIDER_WINDOW // timedelta(minutes=1)
    for provider, codes in sorted(by_provider.items()):
        failed = {code: count for code, count in codes.items() if code and code.startswith("provider_")}
        percent = 100 * sum(failed.values()) / codes.total()
        numbers = tuple(
            recent.number(count, code, provider__exact=provider, error_code__exact=code)
            for code, count in sorted(failed.items())
        )
        asked = f"of {codes.total():,} requests in {minutes} minutes"
        sentence = f"({percent:.0f} % {asked}; marked from {MARKED_FROM} % on)" if failed else f"failed in none {asked}"
        yield Need(f"Provider {provider}", sentence, numbers, percent >= MARKED_FROM)
    if not by_provider:
        yield Need("Provider", f"none was asked in {minutes} minutes")


def _reviews(at: datetime, *, may_review: bool) -> Need:
    count, oldest = requests_waiting()
    hours = max(0, (at - oldest) // timedelta(hours=1)) if oldest else 0
    waits = f"{hours:,} hour{pluralize(hours)}" if hours else "less than an hour"
    sentence = f"(the oldest for {waits})" if oldest else ""
    word = "or more waiting" if count == MOST_COUNTED else "waiting"
    number = Number(count, word, queue_address() if may_review else "")
    return Need("Reviews waiting", sentence, (number,), count > 0)


def _last_evals(*, may_view: bool) -> Iterator[Need]:
    for workflow in workflows():
        if workflow.suite is None:
            continue
        run = EvalRun.objects.filter(prompt_version__in=workflow.prompts).defer("outcomes").first()
        title = f"Last eval of {workflow.name}"
        if run is None:
            yield Need(title, "no eval was run")
            continue
        verdict = "holds" if run.gate_holds else "falls short"
        address = reverse("admin:evals_evalrun_change", args=[run.pk]) if may_view else ""
        number = Number(run.figures["passed"], "cases passed", address)
        sentence = (
            f"of {run.figures['measured']:,}: {verdict}, with {run.prompt_version} on"
            f" {run.model or run.provider}, {run.started_at:%Y-%m-%d %H:%M:%S} UTC"
        )
        yield Need(title, sentence, (number,), not run.gate_holds)
