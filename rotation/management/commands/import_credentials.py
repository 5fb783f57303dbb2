"""Update the trusted records to match the inventory of a company."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from access.import_command import import_faults
from access.import_files import (
    CANNOT_IMPORT,
    LINES_REFUSED,
    NOTHING,
    CannotImport,
    ImportFile,
    read_file,
    refusal_lines,
    system_user,
)
from rotation.contract import CredentialKind
from rotation.imports.apply import ImportRun, Outcome, run_import
from rotation.imports.formats import FORMATS
from rotation.imports.inventory import read_inventory
from rotation.imports.plan import make_plan
from rotation.imports.report import as_json, count_lines, record_lines, remarks
from rotation.imports.snapshot import Snapshot
from traces.upkeep import report_progress


class Command(BaseCommand):
    help = (
        "Import the credentials that the files of an inventory name, all or nothing. A full snapshot disables the"
        " records of its scope that it no longer names. Exits 0: imported; 1: lines were refused and nothing was"
        " changed; 2: the files or the database could not be used and nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("format", choices=sorted(FORMATS), metavar="FORMAT", help=", ".join(sorted(FORMATS)))
        parser.add_argument("files", nargs="+", metavar="FILE", help="all files of one snapshot")
        parser.add_argument("--scope", help="what the files describe, if they do not name it")
        parser.add_argument("--partial", action="store_true", help="the files name a part: disable no other record")
        parser.add_argument("--assign", action="store_true", help="give each unlinked owner the next free account id")
        parser.add_argument(
            "--kind", choices=[kind.value for kind in CredentialKind], help="the kind that --assign gives to new links"
        )
        parser.add_argument("--skip-refused", action="store_true", help="leave refused lines out, import the others")
        parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
        parser.add_argument("--json", action="store_true", help="print the result as JSON, with every record")
        parser.add_argument("--user", help="whom the records' history names (default: a user of your system's name)")

    def handle(self, **options: Any) -> None:
        if options["assign"] != bool(options["kind"]):
            raise CommandError("--assign and --kind go together.", returncode=CANNOT_IMPORT)
        now = timezone.now()
        with import_faults():
            files = [read_file(path) for path in options["files"]]
            with report_progress(self.stderr, count_rows=int, summarise=lambda _done: NOTHING):
                snapshot = read_inventory(options["format"], files, options["scope"], now)
            outcome = self._import(snapshot, files, now, options)
        (self._print_json if options["json"] else self._print)(outcome, snapshot, dry_run=options["dry_run"])
        if outcome.plan.refused and not options["skip_refused"]:
            sentence = f"Lines were refused. {NOTHING} Correct them, or leave them out with --skip-refused."
            raise CommandError(sentence, returncode=LINES_REFUSED)

    def _import(
        self, snapshot: Snapshot, files: Sequence[ImportFile], now: datetime, options: dict[str, Any]
    ) -> Outcome:
        kind = CredentialKind(options["kind"]) if options["kind"] else None
        counting = report_progress(
            self.stderr, count_rows=lambda: len(snapshot.observed), summarise=lambda _done: NOTHING
        )
        with counting as progress:
            planning = partial(
                make_plan,
                snapshot,
                now=now,
                assigned_kind=kind,
                partial=options["partial"],
                on_progress=progress.add,
            )
            if options["dry_run"]:
                return Outcome(planning(), None)
            import_run = ImportRun(
                format=options["format"],
                digests=[file.digest for file in files],
                at=now,
                imported_by=system_user(),
                user_id=_find_user(options["user"]),
            )
            return run_import(planning, import_run, skip_refused=options["skip_refused"])

    def _print(self, outcome: Outcome, snapshot: Snapshot, *, dry_run: bool) -> None:
        lines = [*remarks(snapshot), *refusal_lines(outcome.plan.refused), *count_lines(outcome.plan)]
        if dry_run:
            lines += [*record_lines(outcome.plan), f"A dry run. {NOTHING}"]
        if outcome.seconds is not None:
            lines.append(f"Imported. The transaction took {outcome.seconds:.1f} s.")
        self.stdout.write("\n".join(lines))

    def _print_json(self, outcome: Outcome, snapshot: Snapshot, *, dry_run: bool) -> None:
        result = {"dry_run": dry_run, "imported": outcome.seconds is not None, **as_json(outcome.plan, snapshot)}
        self.stdout.write(json.dumps(result, indent=2))


def _find_user(name: str | None) -> int | None:
    """Return whom Django's history names. It needs a user of ours; without one there is only the import's own row."""
    found = get_user_model().objects.filter(username=name or system_user(), is_active=True).first()
    if name and found is None:
        raise CannotImport(f"There is no active user of that name. {NOTHING}")
    return found.pk if found else None
