"""One screen that says whether the service is well."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from config.doctor import Finding, examine


class Command(BaseCommand):
    help = "Say what is misconfigured or unhealthy, without calling a model. Exits 0: nothing FAILs; 1: something does."
    # It asks them itself, and tells them among the rest.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(self, **options: Any) -> None:
        findings = []
        for finding in examine(timezone.now()):
            findings.append(finding)
            if not options["json"]:
                self._tell(finding)
        healthy = all(finding.result != "FAIL" for finding in findings)
        if options["json"]:
            self.stdout.write(json.dumps({"healthy": healthy, "findings": [asdict(each) for each in findings]}))
        if not healthy:
            sys.exit(1)

    def _tell(self, finding: Finding) -> None:
        """Tell each as soon as it is known: a database that is away takes its time."""
        colours = {"ok": self.style.SUCCESS, "warn": self.style.WARNING, "FAIL": self.style.ERROR}
        paint = colours[finding.result] if self.stdout.isatty() else str
        self.stdout.write(f"{paint(f'{finding.result:4}')}  {finding.name:12}  {finding.sentence}")
        self.stdout.flush()
