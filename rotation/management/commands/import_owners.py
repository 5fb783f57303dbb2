"""Link the owners in a source to our accounts, from a CSV."""

from typing import Annotated, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from pydantic import BeforeValidator

from access.fields import AccountId
from access.import_command import import_faults
from access.import_files import (
    LINES_REFUSED,
    NOTHING,
    ImportFile,
    RefusedLine,
    csv_rows,
    read_file,
    refusal_lines,
    system_user,
)
from rotation.contract import CredentialKind
from rotation.imports.links import Owner
from rotation.imports.reading import Name, Reading, Shape
from rotation.models import CredentialImport, CredentialOwner
from traces.exports import FORMULA
from traces.upkeep import report_progress

COLUMNS = ("source", "owner", "account_id", "kind")
TWICE = "An earlier line links this owner: remove one of them."
Links = dict[Owner, CredentialOwner]


def without_apostrophe(value: str) -> str:
    """Take away what `export_owners` puts before a formula."""
    return value[1:] if value.startswith("'") and FORMULA.match(value[1:]) else value


class Row(Shape):
    source: Annotated[Name, BeforeValidator(without_apostrophe)]
    owner: Annotated[Name, BeforeValidator(without_apostrophe)]
    account_id: AccountId
    kind: CredentialKind


class Command(BaseCommand):
    help = (
        f"Link owners to accounts by a CSV with {', '.join(COLUMNS)}, all or nothing. An owner that is linked"
        " already gets the new link. Exits 0: imported; 1: lines were refused and nothing was changed; 2: the file or"
        " the database could not be used and nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")

    def handle(self, **options: Any) -> str:
        with import_faults():
            file = read_file(options["file"])
            links, refusals = _read_links(file)
        if refusals:
            lines = "\n".join(refusal_lines(refusals))
            raise CommandError(f"{lines}\nLines were refused. {NOTHING}", returncode=LINES_REFUSED)
        with report_progress(self.stderr, count_rows=lambda: len(links), summarise=lambda _done: NOTHING):
            counts = _store(links, file)
        return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _read_links(file: ImportFile) -> tuple[Links, list[RefusedLine]]:
    """:raises FileRefused:"""
    links: Links = {}
    reading = Reading()
    for entry in csv_rows(file, COLUMNS, reading.refuse):
        if row := reading.read(Row, entry):
            if (row.source, row.owner) in links:
                reading.refuse(entry, TWICE)
            links[row.source, row.owner] = CredentialOwner(**dict(row))
    return links, reading.refused


def _store(links: Links, file: ImportFile) -> dict[str, int]:
    now = timezone.now()
    with transaction.atomic():
        stored = CredentialOwner.objects.filter(source__in={source for source, _ in links})
        before = {(each.source, each.owner): (each.account_id, each.kind) for each in stored}
        same = {key for key, link in links.items() if before.get(key) == (link.account_id, link.kind)}
        changed = len(before.keys() & links.keys()) - len(same)
        counts = {"added": len(links) - len(same) - changed, "changed": changed, "unchanged": len(same)}
        CredentialOwner.objects.bulk_create(
            [link for key, link in links.items() if key not in same],
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["source", "owner"],
            update_fields=["account_id", "kind"],
        )
        CredentialImport.objects.create(
            imported_at=now,
            imported_by=system_user(),
            format="owners",
            sources=sorted({source for source, _ in links}),
            digests=[file.digest],
            observed_at=now,
            disabled=0,
            refused=0,
            **counts,
        )
    return counts
