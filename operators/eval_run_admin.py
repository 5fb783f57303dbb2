"""The history of eval runs, read-only, latest first."""

from collections.abc import Iterable, Iterator

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from access.read_only import ReadOnlyAdmin
from evals.models import EvalRun
from operators.story import page_address


@admin.register(EvalRun)
class EvalRunAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "gate_holds", "pass_rate", "suite", "split", "prompt_version", "asked")
    list_filter = ("gate_holds", "suite", "split", "provider", "prompt_version")
    ordering = ("-started_at",)
    exclude = ("figures", "outcomes")
    readonly_fields = ("pass_rate", "all_figures", "cases")

    def get_queryset(self, request: HttpRequest) -> QuerySet[EvalRun]:
        """Load the outcomes only on the page that shows them: a run has many."""
        return super().get_queryset(request).defer("outcomes")

    @admin.display(description="Asked", ordering="model")
    def asked(self, run: EvalRun) -> str:
        return f"{run.provider} {run.model}".rstrip()

    @admin.display(description="Pass rate (95 %)")
    def pass_rate(self, run: EvalRun) -> str:
        figures = run.figures
        return f"{figures['passed']} of {figures['measured']} ({figures['low']:.1%} to {figures['high']:.1%})"

    @admin.display(description="Figures")
    def all_figures(self, run: EvalRun) -> SafeString:
        return _table(("figure", "value"), ((_label(name), _text(value)) for name, value in run.figures.items()))

    @admin.display(description="Outcomes, failing first")
    def cases(self, run: EvalRun) -> SafeString:
        failing_first = sorted(run.outcomes, key=lambda outcome: (outcome["passed"], not outcome["measured"]))
        # Each suite judges by questions of its own; their answers are the true and false values.
        judged = sorted({name for each in run.outcomes for name, value in each.items() if isinstance(value, bool)})
        header = ("case", "attempt", "said", *map(_label, judged), "trace")
        return _table(header, (_cells(outcome, judged) for outcome in failing_first))


def _cells(outcome: dict[str, object], judged: list[str]) -> Iterator[str]:
    yield from (_text(outcome.get(name)) for name in ("name", "attempt", "said", *judged))
    trace_id = outcome["trace_id"]
    yield format_html('<a href="{}">{}</a>', page_address(str(trace_id)), trace_id) if trace_id else "-"


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> SafeString:
    head = format_html_join("", '<th scope="col">{}</th>', ((name,) for name in header))
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows)
    )
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)


def _text(value: object) -> str:
    """Write one value. Every fraction is a share."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "-"
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def _label(name: str) -> str:
    return name.replace("_", " ")
