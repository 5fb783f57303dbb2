"""May this prompt, model and policy serve customers? Run the suite before a deploy."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseFault
from django.utils import timezone

from evals.cases import DEFAULT, SPLITS, EvalCase, Suite, SuiteError, load_suite, suite_path
from evals.comparison import Comparison, compare
from evals.gates import CANNOT_JUDGE, judge, load_gate
from evals.outcomes import Outcome
from evals.page import render_report
from evals.runner import rules_baseline, run_cases
from evals.storage import read_passes, store_run, write_output
from evals.summary import Header, Summary
from evals.text import header_lines, report_lines
from rotation.policy import P7
from rotation.prompt import PROMPTS
from rotation.providers import PROVIDERS, DecisionProvider, provider_named

LINES_APART = 25
BAR_WIDTH = 30


def positive(value: str) -> int:
    if not value.isdigit() or int(value) < 1:
        raise ArgumentTypeError("must be a number from 1")
    return int(value)


class Command(BaseCommand):
    help = "Run a suite through the service and judge it. Exits 0: the gate holds; 1: it falls short; 2: cannot judge."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("suite", nargs="?", default=DEFAULT, help="a known suite's name, or a JSONL file")
        parser.add_argument("--provider", choices=sorted(PROVIDERS), default=settings.DECISION_PROVIDER)
        parser.add_argument("--prompt", choices=sorted(PROMPTS), default=settings.ROTATION_PROMPT)
        parser.add_argument("--split", choices=SPLITS)
        parser.add_argument("--tag", action="append", default=[], help="only cases that bear it; may be repeated")
        parser.add_argument("--case", metavar="GLOB", help="only cases whose name matches")
        parser.add_argument("--repeat", type=positive, default=1, help="attempts at each case")
        parser.add_argument("--jobs", type=positive, default=4, help="calls at a time")
        parser.add_argument("--compare", type=Path, metavar="FILE", help="the --output of an earlier run")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write the run as JSON")
        parser.add_argument("--report", type=Path, metavar="FILE", help="write the run as one HTML file")

    def handle(self, **options: Any) -> None:
        try:
            code = self._run(**options)
        except SuiteError as error:
            raise CommandError(str(error), returncode=CANNOT_JUDGE) from None
        except DatabaseFault:
            raise CommandError("The ledger cannot be reached.", returncode=CANNOT_JUDGE) from None
        if code:
            sys.exit(code)

    def _run(self, **options: Any) -> int:
        path = suite_path(options["suite"])
        suite, gate = load_suite(path), load_gate(path, options["provider"])
        earlier = options["compare"] and read_passes(options["compare"], suite_digest=suite.digest)
        cases = suite.select(split=options["split"], tags=options["tag"], pattern=options["case"])
        if options["provider"] == "openai" and not (settings.OPENAI_MODEL and settings.OPENAI_API_KEY):
            raise CommandError("openai needs OPENAI_MODEL and OPENAI_API_KEY.", returncode=CANNOT_JUDGE)
        provider = provider_named(options["provider"], prompt_version=options["prompt"])
        started_at = timezone.now()
        summary = self._measure(suite, cases, provider, options)
        verdict = judge(summary, gate)
        comparison = _compare(summary, earlier)
        for line in (*header_lines(summary), *report_lines(summary, verdict, comparison=comparison)):
            self.stdout.write(line)
        if options["output"]:
            write_output(options["output"], summary)
        if options["report"]:
            options["report"].write_text(render_report(summary, verdict, comparison=comparison), encoding="utf-8")
        if summary.complete and summary.outcomes:
            store_run(
                summary,
                verdict,
                model=provider.model or "",
                whole_split=bool(options["split"]) and not options["tag"] and not options["case"],
                started_at=started_at,
                finished_at=timezone.now(),
            )
        return verdict.code

    def _measure(
        self, suite: Suite, cases: tuple[EvalCase, ...], provider: DecisionProvider, options: dict[str, Any]
    ) -> Summary:
        total = len(cases) * options["repeat"]
        outcomes: list[Outcome] = []
        running = run_cases(cases, provider=provider, jobs=options["jobs"], repeat=options["repeat"])
        try:
            for outcome in self._with_progress(running, total):
                outcomes.append(outcome)  # noqa: PERF402 - kept one by one, so that Ctrl-C leaves what is done
        except KeyboardInterrupt:
            running.close()
        return Summary(
            header=Header(
                suite=suite.name,
                suite_digest=suite.digest,
                split=options["split"] or "all",
                prompt_version=provider.prompt_version,
                policy_version=P7.version,
                provider=provider.name,
                models=tuple(sorted({outcome.model for outcome in outcomes if outcome.model})),
                release=settings.RELEASE,
                repeat=options["repeat"],
            ),
            outcomes=tuple(outcomes),
            baseline=rules_baseline({outcome.case.name: outcome.case for outcome in outcomes}.values()),
            complete=len(outcomes) == total,
        )

    def _with_progress(self, outcomes: Iterator[Outcome], total: int) -> Iterator[Outcome]:
        """Show a bar on a terminal and a line now and then elsewhere, on standard error."""
        for done, outcome in enumerate(outcomes, start=1):
            yield outcome
            if self.stderr.isatty():
                filled = "█" * (BAR_WIDTH * done // total)
                self.stderr.write(f"\r{filled:·<{BAR_WIDTH}} {done}/{total}", ending="\n" if done == total else "")
            elif done % LINES_APART == 0 or done == total:
                self.stderr.write(f"{done}/{total}")


def _compare(summary: Summary, earlier: dict[str, bool] | None) -> Comparison | None:
    if earlier is None:
        return None
    return compare(earlier, {outcome.case.name: outcome.passed for outcome in summary.judged})
