"""The stacked charts of the dashboard, drawn on the server, each with the table that says the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from operators.dashboard_counts import Ended
from operators.dashboard_period import Period
from operators.filters import FAILURES
from traces.codes import Status

# In the units of the chart's own coordinates.
WIDTH, HEIGHT, LEAST = 480, 100, 1.5
# The filter of the list and its values, by the name of what is stacked, from the bottom.
STATUSES = {
    status.value: {"status__exact": status.value} for status in (Status.COMPLETED, Status.FAILED, Status.RUNNING)
}


def draw_charts(ended: Sequence[Ended], period: Period) -> list[dict[str, Any]]:
    """Draw how the requests ended, and the failures by where they come from: few of them do not show among all."""
    kinds: Counter[tuple[int, str]] = Counter()
    sources: Counter[tuple[int, str]] = Counter()
    for each in ended:
        kinds[each.part, each.kind] += each.requests
        if source := next((name for name, codes in FAILURES.items() if each.name in codes), None):
            sources[each.part, source] += each.requests
    failed = {name: {"failure": name} for name in FAILURES}
    return [
        _draw("Requests", kinds, STATUSES, period),
        _draw("Failures by where they come from", sources, failed, period),
    ]


def _draw(
    title: str, counts: Counter[tuple[int, str]], names: Mapping[str, Mapping[str, str]], period: Period
) -> dict[str, Any]:
    labels = [period.label(start) for start in period.starts]
    most = max(sum(counts[part, name] for name in names) for part in range(len(labels)))
    slot = WIDTH / len(labels)
    bars = []
    for number, (label, part) in enumerate(zip(labels, period.parts, strict=True)):
        counted = {name: counts[number, name] for name in names}
        pieces, top = [], float(HEIGHT)
        for name, count in counted.items():
            if count:
                height = max(LEAST, HEIGHT * count / most)
                top -= height
                pieces.append((name, f"{top:.1f}", f"{height:.1f}"))
        numbers = [part.number(count, f"{name} from {label}", **names[name]) for name, count in counted.items()]
        bars.append({"label": label, "x": f"{slot * number:.1f}", "pieces": pieces, "numbers": numbers})
    each = "a day" if period.name == "30d" else "an hour"
    return {
        "title": title,
        "names": names,
        "bars": bars,
        "width": f"{slot * 0.8:.1f}",
        "most": f"{most:,}",
        "each": each,
    }
