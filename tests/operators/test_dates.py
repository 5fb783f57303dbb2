"""The admin writes each time in one format, with its zone."""

import re

import pytest
from django.test import Client

from tests.operators.conftest import Keys
from tests.operators.test_matrix import address, admin_routes

pytestmark = pytest.mark.django_db

# What Django writes for English, and times of our own format without their zone.
OTHERS = re.compile(
    r"\b[ap]\.m\.|(?:noon|midnight)\b|\b\d{4}-\d\d-\d\d \d\d:\d\d(?!:\d\d UTC)|\b[A-Z][a-z]+\.? \d\d?, \d{4}"
)


def test_every_page_of_the_admin_writes_times_in_one_format(
    admin_client: Client, keys: Keys, subtests: pytest.Subtests
) -> None:
    seen = set()
    for route in sorted({*admin_routes()}):
        with subtests.test(route):
            page = admin_client.get(address(route, keys), {"status__exact": "all"} if "tracerecord/" in route else {})
            # The label of an input has the zone.
            assert OTHERS.findall(re.sub("<input[^>]*>", "", page.text)) == []
            seen |= {route} if re.search(r"\d\d:\d\d:\d\d UTC", page.text) else set()
    assert len(seen) >= 12, seen
