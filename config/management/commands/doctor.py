"""Report on one screen whether the service is healthy."""

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.health_checks import Finding, examine


class Command(BaseCommand):
    help = "Say what is misconfigured or unhealthy. Exits 0: nothing FAILs; 1: something does."
    # One of its own checks runs them.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        parser.add_argument("--call", action="store_true", help="ask the model one harmless question, and nothing else")

    def handle(self, **options: Any) -> None:
        if options["call"]:
            self._call()
            return
        findings = []
        for finding in examine(timezone.now()):
            findings.append(finding)
            if not options["json"]:
                self._write(finding)
        healthy = all(finding.result != "FAIL" for finding in findings)
        if options["json"]:
            self.stdout.write(json.dumps({"healthy": healthy, "findings": [each._asdict() for each in findings]}))
        if not healthy:
            sys.exit(1)

    def _call(self) -> None:
        if settings.DECISION_PROVIDER == "rules":
            raise CommandError("DECISION_PROVIDER is rules: there is no model to call.")
        # Imported here, because the SDK would add 0.6 s to the start of every command.
        from config.trial_call import trial_call  # noqa: PLC0415

        has_answer, lines = trial_call()
        for line in lines:
            self.stdout.write(line)
        if not has_answer:
            sys.exit(1)

    def _write(self, finding: Finding) -> None:
        """Write each finding at once: a database that is down takes seconds to fail."""
        colours = {"ok": self.style.SUCCESS, "warn": self.style.WARNING, "FAIL": self.style.ERROR}
        paint = colours[finding.result] if self.stdout.isatty() else str
        self.stdout.write(f"{paint(f'{finding.result:4}')}  {finding.name:12}  {finding.sentence}")
        self.stdout.flush()
