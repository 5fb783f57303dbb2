"""May this prompt, model and policy serve customers? Run the suite before a deploy."""

import os
import sys
from argparse import ArgumentTypeError
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseFault
from django.utils import timezone

from evals.cases import DEFAULT, SPLITS, EvalCase, Suite, SuiteError, load_suite, suite_path
from evals.comparison import compare
from evals.gates import CANNOT_JUDGE, judge, load_gate
from evals.models import EvalRun
from evals.outcomes import Outcome
from evals.page import render_report
from evals.runner import rules_baseline, run_cases
from evals.storage import read_output, store_run, write_output
from evals.summary import Header, Summary
from evals.text import header_lines, report_lines
from rotation.policy import P7
from rotation.prompt import PROMPTS
from rotation.providers import PROVIDERS, DecisionProvider, provider_named
from traces.models import TraceRecord

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
        provider = _provider(options)
        header = _header(suite, provider, options)
        earlier = read_output(options["compare"], header=header) if options["compare"] else None
        _refuse_before_any_cost(options)
        cases = suite.select(split=options["split"], tags=options["tag"], pattern=options["case"])
        started_at = timezone.now()
        summary = self._measure(header, cases, provider, options)
        verdict = judge(summary, gate)
        comparison = compare(earlier.passes, _passes(summary), earlier=earlier) if earlier else None
        for line in (*header_lines(summary), *report_lines(summary, verdict, comparison=comparison)):
            self.stdout.write(line)
        if summary.complete and summary.outcomes:
            chosen_whole = bool(options["split"]) and not options["tag"] and not options["case"]
            store_run(
                summary,
                verdict,
                gate=gate,
                model=provider.model or "",
                whole_split=chosen_whole and len(summary.judged) == len(cases),
                started_at=started_at,
                finished_at=timezone.now(),
            )
        if options["output"]:
            write_output(options["output"], summary)
        if options["report"]:
            options["report"].write_text(render_report(summary, verdict, comparison=comparison), encoding="utf-8")
        return verdict.code

    def _measure(
        self, header: Header, cases: tuple[EvalCase, ...], provider: DecisionProvider, options: dict[str, Any]
    ) -> Summary:
        total = len(cases) * options["repeat"]
        outcomes: list[Outcome] = []
        printing = Lock()

        def keep(outcome: Outcome) -> None:
            with printing:
                outcomes.append(outcome)
                self._show_progress(len(outcomes), total)

        with suppress(KeyboardInterrupt):
            run_cases(cases, provider=provider, on_outcome=keep, jobs=options["jobs"], repeat=options["repeat"])
        return Summary(
            header=replace(header, models=tuple(sorted({outcome.model for outcome in outcomes if outcome.model}))),
            outcomes=tuple(outcomes),
            baseline=rules_baseline({outcome.case.name: outcome.case for outcome in outcomes}.values()),
            complete=len(outcomes) == total,
        )

    def _show_progress(self, done: int, total: int) -> None:
        """Show a bar on a terminal and a line now and then elsewhere, on standard error."""
        if self.stderr.isatty():
            filled = "█" * (BAR_WIDTH * done // total)
            self.stderr.write(f"\r{filled:·<{BAR_WIDTH}} {done}/{total}", ending="\n" if done == total else "")
        elif done % LINES_APART == 0 or done == total:
            self.stderr.write(f"{done}/{total}")


def _provider(options: dict[str, Any]) -> DecisionProvider:
    if options["provider"] == "openai" and not (settings.OPENAI_MODEL and settings.OPENAI_API_KEY):
        raise SuiteError("openai needs OPENAI_MODEL and OPENAI_API_KEY.")
    return provider_named(options["provider"], prompt_version=options["prompt"])


def _header(suite: Suite, provider: DecisionProvider, options: dict[str, Any]) -> Header:
    return Header(
        suite=suite.name,
        suite_digest=suite.digest,
        split=options["split"] or "all",
        prompt_version=provider.prompt_version,
        policy_version=P7.version,
        provider=provider.name,
        models=(),
        release=settings.RELEASE,
        repeat=options["repeat"],
    )


def _refuse_before_any_cost(options: dict[str, Any]) -> None:
    """
    Ask for the ledger and the files before a model is paid.

    :raises SuiteError: a file cannot be written
    :raises django.db.Error: the ledger or the history is not there
    """
    for path in filter(None, (options["output"], options["report"])):
        if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise SuiteError(f"{path}: cannot be written")
    TraceRecord.objects.exists()
    EvalRun.objects.exists()


def _passes(summary: Summary) -> dict[str, bool]:
    return {outcome.case.name: outcome.passed for outcome in summary.judged}
