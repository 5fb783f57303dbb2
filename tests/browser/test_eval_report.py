"""The report of an eval, as one HTML file."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Page

from tests.browser.axe import faults_in_every_look


@pytest.mark.django_db(transaction=True)
def test_the_report_of_an_eval_has_no_faults(page: Page, tmp_path: Path) -> None:
    before, report = tmp_path / "before.json", tmp_path / "report.html"
    chosen = ("eval", "rotations", "--split", "dev", "--provider", "rules")
    for options in (("--output", before), ("--compare", before, "--report", report)):
        call_command(*chosen, *map(str, options), stdout=StringIO(), stderr=StringIO())

    page.set_content(report.read_text())

    assert faults_in_every_look(page) == []
