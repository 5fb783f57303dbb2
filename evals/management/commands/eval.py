"""May this prompt, model and policy serve customers? Run the suite before a deploy."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseFault
from django.utils import timezone

from decisions.jobs import positive
from decisions.providers import PROVIDERS, configured_prompt, make_provider, request_settings
from decisions.suites import EvalCase
from decisions.workflow import Provider, Workflow
from evals.cases import SPLITS, Suite, load_suite
from evals.comparison import compare
from evals.gates import CANNOT_JUDGE, judge, load_gate
from evals.judged import JudgedRun
from evals.models import EvalRun
from evals.outcomes import Outcome
from evals.page import render_report
from evals.progress import show_progress
from evals.runner import rules_baseline, run_cases
from evals.storage import output_of, read_output, store_run, write_file
from evals.suites import SuiteError, find_suite, known_suites
from evals.summary import Header, Summary
from evals.text import report_lines
from traces.codes import ErrorCode
from traces.connections import why_refused
from traces.models import TraceRecord

# If so many calls were rejected alike, the rest would be, too.
TELLING = 10


class Command(BaseCommand):
    help = "Run a suite through the service and judge it. Exits 0: the gate holds; 1: it falls short; 2: cannot judge."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("suite", nargs="?", help="a known suite's name, or a JSONL file")
        judged = {suite.workflow.name: suite.workflow for suite in known_suites()}
        prompts = sorted({version for workflow in judged.values() for version in workflow.prompts})
        parser.add_argument("--workflow", choices=judged, help="judge its own suite, or a file that names no workflow")
        parser.add_argument("--provider", choices=sorted(PROVIDERS), default=settings.DECISION_PROVIDER)
        parser.add_argument("--prompt", choices=prompts, help="instead of the configured one")
        parser.add_argument("--split", choices=SPLITS)
        parser.add_argument("--tag", action="append", default=[], help="only cases that have it; may be repeated")
        parser.add_argument("--case", metavar="GLOB", help="only cases whose name matches")
        parser.add_argument("--repeat", type=positive, default=1, help="attempts at each case")
        parser.add_argument("--jobs", type=positive, default=4, help="calls at a time")
        parser.add_argument("--compare", type=Path, metavar="FILE", help="the --output of an earlier run")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write the run as JSON")
        parser.add_argument("--report", type=Path, metavar="FILE", help="write the run as one HTML file")
        parser.add_argument("--force", action="store_true", help="overwrite the files of --output and --report")

    def handle(self, **options: Any) -> None:
        try:
            code = self._run(**options)
        except SuiteError as error:
            raise CommandError(str(error), returncode=CANNOT_JUDGE) from None
        except DatabaseFault:
            raise CommandError(
                f"The ledger cannot be reached. {why_refused()}".strip(), returncode=CANNOT_JUDGE
            ) from None
        if code:
            sys.exit(code)

    def _run(self, **options: Any) -> int:
        file = find_suite(options["suite"], workflow=options["workflow"])
        suite, gate = load_suite(file), load_gate(file, options["provider"])
        provider = _provider(suite.workflow, options)
        header = _header(suite, provider, options)
        earlier = options["compare"] and read_output(options["compare"], header=header, forbidden=suite.rules.forbidden)
        _refuse_before_any_cost(options)
        cases = suite.select(split=options["split"], tags=options["tag"], pattern=options["case"])
        started_at = timezone.now()
        summary = self._measure(suite, header, cases, provider, options["jobs"])
        finished_at = timezone.now()
        verdict = judge(summary, gate)
        comparison = compare(earlier.passes, summary.passes, earlier=earlier) if earlier else None
        run = JudgedRun(summary, verdict, gate, started_at, finished_at, comparison)
        try:
            if summary.complete and summary.outcomes:
                chosen_whole = bool(options["split"]) and not options["tag"] and not options["case"]
                whole, model = chosen_whole and len(summary.judged) == len(cases), provider.model or ""
                store_run(run, model=model, whole_split=whole)
            if options["output"]:
                write_file(options["output"], output_of(summary))
            if options["report"]:
                write_file(options["report"], render_report(run, workflow=suite.workflow.name))
        finally:
            # Last, because nobody may read it to its end; and always, because the run has cost something.
            for line in report_lines(run):
                self.stdout.write(line)
        return verdict.code

    def _measure(
        self, suite: Suite, header: Header, cases: tuple[EvalCase, ...], provider: Provider, jobs: int
    ) -> Summary:
        total = len(cases) * header.repeat
        outcomes: list[Outcome] = []
        keeping = Lock()

        def keep(outcome: Outcome) -> None:
            with keeping:
                outcomes.append(outcome)
                if len(outcomes) == TELLING and _rejected_alike(outcomes):
                    usage = outcome.usage
                    said = f"HTTP {usage.provider_status}, {usage.provider_code or 'no known code'}"
                    raise SuiteError(
                        f"The first {TELLING} calls were rejected alike: {said}. See `manage.py doctor --call`."
                    )

        progress = show_progress(self.stderr, count=lambda: len(outcomes), total=total)
        with suppress(KeyboardInterrupt), progress:
            run_cases(suite.workflow, cases, provider=provider, on_outcome=keep, jobs=jobs, repeat=header.repeat)
        attempted = {outcome.case.name: outcome.case for outcome in outcomes}
        models = sorted({outcome.usage.model for outcome in outcomes if outcome.usage.model})
        return Summary(
            header=replace(header, models=tuple(models)),
            forbidden=suite.rules.forbidden,
            measures=suite.rules.measures,
            outcomes=tuple(outcomes),
            baseline=rules_baseline(suite.workflow, attempted.values()),
            complete=len(outcomes) == total,
        )


def _rejected_alike(outcomes: Sequence[Outcome]) -> bool:
    """Return whether every call so far was rejected for the same reason, which more calls would not change."""
    said = {(outcome.error_code, outcome.usage.provider_status, outcome.usage.provider_code) for outcome in outcomes}
    return len(said) == 1 and outcomes[0].error_code == ErrorCode.PROVIDER_REJECTED


def _provider(workflow: Workflow, options: dict[str, Any]) -> Provider:
    has_key = settings.OPENAI_API_KEY or settings.OPENAI_API_KEY_FILE
    if options["provider"] == "openai" and not (settings.OPENAI_MODEL and has_key):
        raise SuiteError("openai needs OPENAI_MODEL and OPENAI_API_KEY or OPENAI_API_KEY_FILE.")
    prompt = options["prompt"] or configured_prompt(workflow)
    if prompt not in workflow.prompts:
        raise SuiteError(f"{prompt}: is no prompt of the workflow {workflow.name}")
    return make_provider(workflow, options["provider"], prompt_version=prompt)


def _header(suite: Suite, provider: Provider, options: dict[str, Any]) -> Header:
    return Header(
        suite=suite.name,
        suite_digest=suite.digest,
        split=options["split"] or "all",
        prompt_version=provider.prompt_version,
        policy_version=suite.workflow.policy_version,
        provider=provider.name,
        request_settings=request_settings(suite.workflow, provider.name),
        models=(),
        release=settings.RELEASE,
        repeat=options["repeat"],
    )


def _refuse_before_any_cost(options: dict[str, Any]) -> None:
    """:raises SuiteError, django.db.Error: a file cannot be written, or the ledger or the history cannot be read"""
    files = [path.resolve() for path in (options["output"], options["report"]) if path]
    if len(set(files)) < len(files):
        raise SuiteError("--output and --report name the same file.")
    for path in filter(None, (options["output"], options["report"])):
        if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise SuiteError(f"{path}: cannot be written")
        if path.is_file() and not options["force"]:
            raise SuiteError(f"{path} is there already; --force overwrites it.")
    TraceRecord.objects.exists()
    EvalRun.objects.exists()
