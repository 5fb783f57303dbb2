"""Broken JSON bodies are refused in the one shape, except for the few that the damage left valid."""

from collections import Counter

import pytest

from rotation.models import Credential
from tests.conftest import Decide
from tests.description.described import DECIDE, assert_described
from tests.fakes import FakeProvider
from tests.torture.broken_json import bodies, is_acceptable
from tests.torture.conftest import Promise, sized
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database


def test_broken_bodies_are_refused(
    decide: Decide, credential: Credential, provider: FakeProvider, promise: Promise
) -> None:
    answered: Counter[int] = Counter()

    for body in bodies(sized(500, 20_000)):
        response = decide(body)
        assert_described(response, DECIDE)
        assert response.status_code in ({200} if is_acceptable(body) else {413, 422}), body[:200]
        answered[response.status_code] += 1

    assert answered[200] == TraceRecord.objects.count()
    kept = f"{answered.total():,} broken JSON bodies, {answered[200]:,} of them left whole"
    promise(6, f"malformed: {kept}; answers >= 500: 0, other shapes: 0")
