"""What the commands that export rows share: days, formats and a safe file."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.template.defaultfilters import pluralize
from django.utils import timezone

from traces.exports import FORMATS, Row
from traces.models import TraceRecord
from traces.periods import read_day
from traces.upkeep import report_progress


class ExportCommand(BaseCommand, ABC):
    """Write the rows of some days in UTC. A subclass names them and finds them."""

    noun: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]

    @abstractmethod
    def find_rows(self, since: date, until: date | None) -> QuerySet[Any, Row]:
        """Return the rows of these days, both included, oldest first, with the columns' values."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=read_day, required=True, metavar="2026-11-01", help="the first day")
        parser.add_argument("--until", type=read_day, metavar="2026-11-30", help="the last day (default: no end)")
        parser.add_argument("--format", choices=sorted(FORMATS), required=True)
        parser.add_argument("--output", type=Path, metavar="FILE", help="write there, readable by its owner alone")
        parser.add_argument("--force", action="store_true", help="overwrite FILE")

    def handle(self, **options: Any) -> str | None:
        path: Path | None = options["output"]
        if path and path.exists() and not options["force"]:
            raise CommandError(f"{path} is there already; --force overwrites it.")
        if options["until"] and options["until"] < options["since"]:
            raise CommandError("--until is before --since.")
        found = self.find_rows(options["since"], options["until"])
        failure = f"{path} was not written." if path else "The output is incomplete."
        with report_progress(self.stderr, count_rows=found.count, summarise=lambda _done: failure) as progress:
            TraceRecord.objects.close_interrupted(at=timezone.now())
            with progress.stream_rows(found) as rows:
                lines = FORMATS[options["format"]](rows, self.columns)
                if path:
                    write_whole(lines, path)
                else:
                    self.stdout.writelines(lines)
        return f"Wrote {progress.done:,} {self.noun}{pluralize(progress.done)} to {path}." if path else None


def write_whole(lines: Iterator[str], path: Path, *, returncode: int = 1) -> None:
    """
    Write a file that only its owner can read. It appears under its name only when it is complete.

    :raises CommandError: it cannot be written; the command then ends with this code
    """
    if path.exists() and not path.is_file():
        raise CommandError(f"{path} cannot be written: it is not a file.", returncode=returncode)
    part: Path | None = None
    try:
        # A new file under a random name, so that no prepared link can redirect the writes.
        with NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=path.parent, prefix=f"{path.name}.", suffix=".part", delete=False
        ) as file:
            part = Path(file.name)
            file.writelines(lines)
        part.replace(path)
    except OSError as fault:
        raise CommandError(f"{path} cannot be written: {fault.strerror}.", returncode=returncode) from None
    finally:
        if part:
            part.unlink(missing_ok=True)
