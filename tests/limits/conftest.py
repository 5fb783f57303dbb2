"""What the tests of limits share: rows of the past, and a record and a provider to decide by."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from rotation.models import Credential
from tests.fakes import FakeProvider
from tests.ledger.rows import FAILED_ROW, insert


@pytest.fixture(autouse=True)
def _ready(credential: Credential, provider: FakeProvider) -> None:
    """Have a record and a provider, so that a submission is decided unless it is refused."""


def asked(*, seconds_ago: float, submitter: str = "open", **more: Any) -> None:
    """Leave a row of a decision that was asked for then; negative is a time to come."""
    insert(FAILED_ROW | {"submitter": submitter, "started_at": timezone.now() - timedelta(seconds=seconds_ago)} | more)
