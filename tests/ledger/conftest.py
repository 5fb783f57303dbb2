"""What most tests of reviews start from: a trace that waits for a review, and a reviewer."""

import pytest
from django.contrib.auth.models import User

from tests.ledger.reviewing import needs_review, operator
from traces.models import TraceRecord


@pytest.fixture
def ada(db: None) -> User:
    """An operator who may review."""
    return operator("ada")


@pytest.fixture
def trace(db: None) -> TraceRecord:
    """A trace that waits for its first review."""
    return needs_review()
