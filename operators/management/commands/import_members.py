"""Make the users, roles and accounts of a company true."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from access.import_command import import_faults
from access.import_files import (
    CANNOT_IMPORT,
    LINES_REFUSED,
    NOTHING,
    read_file,
    refusal_lines,
)
from access.invitations import can_be_invited, invite
from operators.member_import import COLUMNS, Plan, apply_plan, make_plan
from traces.upkeep import report_progress


class Command(BaseCommand):
    help = (
        f"Import users by a CSV with {', '.join(COLUMNS)}, all or nothing. Semicolons separate roles; semicolons or"
        " blanks separate accounts. A named user gets exactly these, and is active. Nobody is deleted. Exits 0:"
        " imported; 1: lines were refused and nothing was changed; 2: the file or the database could not be used and"
        " nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--full", action="store_true", help="deactivate all users that the file does not name, except superusers"
        )
        parser.add_argument("--dry-run", action="store_true", help="count what would change, and change nothing")
        parser.add_argument("--json", action="store_true", help="print the result as JSON, with every user's name")
        parser.add_argument(
            "--invite", action="store_true", help="mail each new or again active user a link to set a password"
        )

    def handle(self, **options: Any) -> None:
        if options["invite"] and not settings.MAILS_PASSWORD_RESETS:
            raise CommandError(f"No mail server is configured. {NOTHING}", returncode=CANNOT_IMPORT)
        with import_faults():
            file = read_file(options["file"])
            reporting = report_progress(self.stderr, count_rows=lambda: 0, summarise=lambda _done: NOTHING)
            with reporting, transaction.atomic():
                plan = make_plan(file, full=options["full"])
                if imports := not (plan.refused or options["dry_run"]):
                    apply_plan(plan)
        invited = [*filter(can_be_invited, _arrived(plan))] if imports and options["invite"] else []
        result = {"dry_run": options["dry_run"], "imported": imports, **plan.counts, "invited": len(invited)}
        failed = [user.username for user in invite(invited)]
        self._print(result | {"not_invited": failed}, plan, in_json=options["json"])
        if plan.refused:
            raise CommandError(f"Lines were refused. {NOTHING}", returncode=LINES_REFUSED)

    def _print(self, result: dict[str, Any], plan: Plan, *, in_json: bool) -> None:
        if in_json:
            changes = {name: [each.user.username for each in getattr(plan, name)] for name in ("added", "changed")}
            users = changes | {"deactivated": [user.username for user in plan.deactivated]}
            refusals = [asdict(refusal) for refusal in plan.refused]
            self.stdout.write(json.dumps(result | {"users": users, "refusals": refusals}, indent=2))
            return
        lines = [
            *refusal_lines(plan.refused),
            *(f"{n:>9,} {name.replace('_', ' ')}" for name, n in plan.counts.items()),
        ]
        if result["invited"]:
            lines.append(f"{result['invited']:>9,} invitations, of which {len(result['not_invited']):,} were not sent")
        self.stdout.write("\n".join([*lines, f"A dry run. {NOTHING}"] if result["dry_run"] else lines))


def _arrived(plan: Plan) -> Iterator[User]:
    """Yield who is new or active again."""
    for each in (*plan.added, *plan.changed):
        if each.columns is None or "is_active" in each.columns:
            yield each.user
