"""
What a workflow is: one frozen value from which routes, pages, admin, evals, metrics and checks derive.

A workflow's value is imported before Django's apps are loaded, so nothing that it imports may define a model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import BaseModel

from boundary.exchange import ProviderReply
from decisions.contract import Contract, Facts, NoFacts, Report, Response
from decisions.prompts import Prompt
from decisions.suites import SuiteRules
from traces.codes import ErrorCode
from traces.entries import Ending
from traces.guard import Guard
from traces.identifiers import with_prefix

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from traces.models import TraceRecord

MayAskAbout = Callable[[str], bool]
# A label and a value, for operators.
Line = tuple[str, str]
ReportT_contra = TypeVar("ReportT_contra", bound=Report, contravariant=True)
FactsT_contra = TypeVar("FactsT_contra", bound=Facts, contravariant=True)


class DecisionProvider(Protocol[ReportT_contra, FactsT_contra]):
    """The row names the provider, its prompt version and its model before the provider is asked."""

    @property
    def name(self) -> str: ...

    @property
    def prompt_version(self) -> str: ...

    @property
    def model(self) -> str | None: ...

    def decide(self, report: ReportT_contra, facts: FactsT_contra) -> ProviderReply:
        """
        Propose a result as raw JSON text, in one call.

        :raises boundary.failures.ProviderFailure:
        """


Provider = DecisionProvider[Any, Any]


@dataclass(frozen=True)
class Missing:
    """
    There is no single trusted record to judge by. The code says why. No model is asked.

    `reason` is for operators only, such as NOT_A_MEMBER.
    """

    code: ErrorCode
    reason: str | None = None


@dataclass(frozen=True)
class Judgement:
    """How a request ends, and what a completed one produced that the ledger must not hold, such as a text."""

    ending: Ending
    product: Contract | None = None


@dataclass(frozen=True)
class Products:
    """
    A workflow's own table for what its completed requests produced.

    `shape` is what `keep` gets and `find` returns. `keep` inserts a trace's product in the transaction that closes the
    trace. `find` returns it by the ledger's id, None after it was deleted. `gone` is the sentence that says so. `erase`
    deletes it and returns whether it was there. `retention_days` is how long one is kept, and `oldest_at` when the
    oldest was made. The command `prune_<name>`, with the workflow's name, deletes expired products.
    """

    shape: type[Contract]
    keep: Callable[[str, Any, datetime], None]
    find: Callable[[str], Contract | None]
    gone: Callable[["TraceRecord"], str]
    erase: Callable[[str], bool]
    retention_days: Callable[[], int]
    oldest_at: Callable[[], datetime | None]


@dataclass(frozen=True)
class Words:
    """
    The words that the shared pages and the OpenAPI description use.

    `report` and `result` are countable nouns: "Start a new report", "There is no decision yet".
    """

    title: str
    report: str
    result: str
    id_label: str
    not_retryable: str


@dataclass(frozen=True)
class ReviewWords:
    """
    The outcomes and reasons of a review: a stored slug and a sentence for each.

    `reviewable` is the decision that asks for a review. `other_reason` is the reason that needs a note. `labels` is
    what a careful reader would have decided, by outcome: with it a reviewed text becomes an eval case.
    """

    reviewable: str
    outcomes: Mapping[str, str]
    reasons: Mapping[str, str]
    other_reason: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """
    What became of the trusted record behind a decision, by what the record says now. No trace changes.

    `decision` is the decision that is followed. `look` adds two columns to traces: `became`, one of the `outcomes`, and
    `observed_at`, when the record's source last said so. A trace of another workflow has no record. `outcomes` has a
    sentence for each slug. `unmoved` is the slug of those for which nothing has happened; `title` names those of them
    that are older than `after_days`, in lists.
    """

    decision: str
    after_days: int
    look: Callable[["QuerySet[TraceRecord]"], "QuerySet[Any]"]
    outcomes: Mapping[str, str]
    unmoved: str
    title: str


@dataclass(frozen=True)
class Records:
    """
    What operators are told of the trusted records that `find_facts` reads.

    `fresh_hours` is the setting that bounds their age. `oldest_source` returns the source whose newest observation is
    the oldest, and its time; None without records. `find_faults` describes records that break a rule, in a database.
    """

    fresh_hours: str
    oldest_source: Callable[[], tuple[str, datetime] | None]
    find_faults: Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class OldColumns:
    """The columns of 0.2.0 that this workflow's rows still get until 0.4.0, so that 0.2.0 can read the rows."""

    write: Callable[[Any, datetime], Mapping[str, Any]]
    read: Callable[["TraceRecord"], Mapping[str, Any] | None]


@dataclass(frozen=True, kw_only=True)
class Description:
    """
    What the OpenAPI description says of a workflow, beside what its types say.

    `summary` is a sentence. `narrow_response` narrows the schema of `response` where the type cannot say enough.
    `operation_ids` name the two operations, deciding and reading; without them the workflow's name does.
    """

    summary: str
    report_example: Mapping[str, Any]
    response: type[Response]
    response_examples: tuple[Mapping[str, Any], ...]
    narrow_response: Callable[[dict[str, Any]], None] = lambda _schema: None
    operation_ids: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """
    One job of the service.

    `name` is the slug on every row and the URL namespace. `id_prefix` is what a customer's id begins with, before the
    trace's own 26 characters. The rest is in the order in which a request meets it.
    """

    name: str
    id_prefix: str

    # The report, and the facts by which it is judged.
    report: type[Report]
    facts: type[Facts] = NoFacts
    find_facts: Callable[[Any, MayAskAbout, datetime], Facts | Missing] = lambda *_asked: NoFacts()
    policy_version: str

    # The proposal and its check. `judge` asks a provider once and accepts only what the check proves. `recheck` judges
    # a stored decision again by (decision, cited lines, facts) and returns the reason why it would not hold. Without it
    # stored decisions cannot be replayed.
    prompts: Mapping[str, Prompt[Any, Any, Any]]
    rules: Provider
    judge: Callable[[Any, Any, Provider], Judgement]
    recheck: Callable[[str, tuple[str, ...], Any], str | None] | None = None

    # What customers, programs, operators and reviewers read. The sentence for a refusal's reason wins over the one for
    # its error code. `respond` gets the trace, its shown id, that sentence, and the product of a completed request.
    words: Words
    sentences: Mapping[str, str]
    respond: Callable[["TraceRecord", str, str | None, Any], Response]
    description: Description
    reasons: Mapping[str, str]
    describe_facts: Callable[[Any], tuple[Line, ...]] = lambda _facts: ()
    review: ReviewWords | None = None
    follow_up: FollowUp | None = None
    # What the sender may say of a completed result: stored slugs and their sentences, the first one for "right".
    feedback: Mapping[str, str] = field(default_factory=dict)
    permissions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    # How it is configured, judged and stored.
    settings: type[BaseModel] | None = None
    suite: SuiteRules | None = None
    guards: tuple[Guard, ...] = ()
    records: Records | None = None
    old_columns: OldColumns | None = None
    products: Products | None = None

    def shown_id(self, trace_id: str) -> str:
        """Return the id under which customers know a trace: the workflow's prefix and the trace's characters."""
        return with_prefix(trace_id, self.id_prefix)

    def stored_id(self, shown: str) -> str:
        """Return the ledger's form of a shown id. Anything else is returned as it is, for the ledger to refuse."""
        return with_prefix(shown, "trace") if shown.startswith(f"{self.id_prefix}_") else shown
