"""Link the owners in a source to our accounts, from a CSV."""

import csv
from io import StringIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from access.import_files import (
    CANNOT_IMPORT,
    LINES_REFUSED,
    NOTHING,
    CannotImport,
    ImportFile,
    RefusedLine,
    read_file,
    refusal_lines,
    system_user,
)
from rotation.imports.links import Owner
from rotation.models import CredentialImport, CredentialOwner
from traces.upkeep import report_progress

COLUMNS = ("source", "owner", "account_id", "kind")
Links = dict[Owner, CredentialOwner]


class Command(BaseCommand):
    help = (
        f"Link owners to accounts by a CSV with {', '.join(COLUMNS)}, all or nothing. An owner that is linked"
        " already gets the new link. Exits 0: imported; 1: lines were refused and nothing was changed; 2: the file or"
        " the database could not be used and nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")

    def handle(self, **options: Any) -> str:
        try:
            file = read_file(options["file"])
        except CannotImport as fault:
            raise CommandError(str(fault), returncode=CANNOT_IMPORT) from None
        links, refused = _read_links(file)
        if refused:
            lines = "\n".join(refusal_lines(refused))
            raise CommandError(f"{lines}\nLines were refused. {NOTHING}", returncode=LINES_REFUSED)
        with report_progress(self.stderr, count_rows=lambda: len(links), summarise=lambda _done: NOTHING):
            counts = _store(links, file)
        return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _read_links(file: ImportFile) -> tuple[Links, list[RefusedLine]]:
    """:raises CommandError: the file as a whole cannot be read"""
    links: Links = {}
    refused = []
    try:
        rows = csv.DictReader(StringIO(file.content.decode("utf-8-sig"), newline=""), strict=True)
        if not {*COLUMNS} <= {*(rows.fieldnames or ())}:
            raise CommandError(f"The first line must name {', '.join(COLUMNS)}. {NOTHING}", returncode=CANNOT_IMPORT)
        for row in rows:
            link = CredentialOwner(**{name: row[name] or "" for name in COLUMNS})
            if sentence := _objection(link, links):
                refused.append(RefusedLine(file.name, rows.line_num, sentence))
            links[link.source, link.owner] = link
    except (UnicodeDecodeError, csv.Error):
        raise CommandError(f"The file is no CSV in UTF-8. {NOTHING}", returncode=CANNOT_IMPORT) from None
    return links, refused


def _objection(link: CredentialOwner, links: Links) -> str | None:
    if not f"{link.source}{link.owner}".isprintable():
        return "The source or the owner has a character that cannot be shown: remove it."
    if (link.source, link.owner) in links:
        return "An earlier line links this owner: remove one of them."
    try:
        link.clean_fields()
    except ValidationError as fault:
        return f"Not valid: {', '.join(sorted(fault.message_dict))}."
    return None


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
