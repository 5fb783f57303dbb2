"""Requests made up from the published description, good and broken: each answer is one that it tells of."""

from collections import Counter
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from rotation.models import Credential
from tests.fakes import FakeProvider
from tests.torture.conftest import TOLD, sized

# Loaded here and not by a fixture: `from_fixture` does not go with this pytest.
DESCRIPTION = schemathesis.openapi.from_wsgi("/openapi.json", application)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# A real WSGI server closes the connection behind each request, which no transaction around the test outlives.
pytestmark = pytest.mark.django_db(transaction=True)
ANSWERED: Counter[int] = Counter()
AS_DESCRIBED: Counter[int] = Counter()


@pytest.fixture(scope="module", autouse=True)
def counted(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print one line for all the operations together, when the last of them is through."""
    yield
    faults = sum(number for status, number in ANSWERED.items() if status >= 500)
    wrong = ANSWERED.total() - AS_DESCRIBED.total()
    told = f"malformed: {ANSWERED.total():,} requests made up from the description"
    line = f"promise 6  {told}; answers >= 500: {faults}, not as described: {wrong}"
    request.config.stash.setdefault(TOLD, []).append(line)


@DESCRIPTION.parametrize()
@settings(max_examples=sized(10, 1000), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_to_a_made_up_request_is_as_described(
    case: schemathesis.Case, credential: Credential, provider: FakeProvider
) -> None:
    response = case.call()
    ANSWERED[response.status_code] += 1

    case.validate_response(response, checks=CHECKS)
    AS_DESCRIBED[response.status_code] += 1
