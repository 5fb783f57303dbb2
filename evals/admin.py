"""The history of runs, read-only, latest first."""

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evals.models import EvalRun
from traces.story import page_address

JUDGED = ("passed", "decision_holds", "evidence_holds", "trace_holds", "unsupported_eligible", "measured")


@admin.register(EvalRun)
class EvalRunAdmin(admin.ModelAdmin):
    list_display = ("started_at", "gate_holds", "pass_rate", "suite", "split", "prompt_version", "asked")
    list_filter = ("gate_holds", "suite", "split", "provider", "prompt_version")
    ordering = ("-started_at",)
    exclude = ("figures", "outcomes")
    readonly_fields = ("pass_rate", "all_figures", "cases")

    def get_queryset(self, request: HttpRequest) -> QuerySet[EvalRun]:
        """Leave the outcomes, many to a run, to the page that shows them."""
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
        return _table(("figure", "value"), ((_words(name), _told(value)) for name, value in run.figures.items()))

    @admin.display(description="Outcomes, failing first")
    def cases(self, run: EvalRun) -> SafeString:
        failing_first = sorted(run.outcomes, key=lambda outcome: (outcome["passed"], not outcome["measured"]))
        header = ("case", "attempt", "said", *map(_words, JUDGED), "trace")
        return _table(header, map(_outcome_cells, failing_first))

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


def _outcome_cells(outcome: dict[str, object]) -> tuple[str, ...]:
    judged = (_told(outcome[name]) for name in JUDGED)
    return (_told(outcome["name"]), _told(outcome["attempt"]), _told(outcome["said"]), *judged, _link(outcome))


def _link(outcome: dict[str, object]) -> str:
    trace_id = outcome["trace_id"]
    if trace_id is None:
        return "-"
    return format_html('<a href="{}">{}</a>', page_address(str(trace_id)), trace_id)


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> SafeString:
    head = format_html_join("", '<th scope="col">{}</th>', ((name,) for name in header))
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows)
    )
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)


def _told(value: object) -> str:
    """Write one figure; every fraction among them is a share."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_told, value)) or "-"
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def _words(name: str) -> str:
    return name.replace("_", " ")
