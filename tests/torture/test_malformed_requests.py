"""Generate valid and broken requests from the published description: each response is described there."""

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
from tests.torture.conftest import PRINTED_LINES, sized

# Loaded at import, because `from_fixture` does not work with this version of pytest.
DESCRIPTION = schemathesis.openapi.from_wsgi("/openapi.json", application)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# The WSGI application closes the connection after each request, which would end a transaction around the test.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]
ANSWERED: Counter[int] = Counter()
AS_DESCRIBED: Counter[int] = Counter()


@pytest.fixture(scope="module", autouse=True)
def print_counts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print one line for all operations together, after the last of them."""
    yield
    faults = sum(number for status, number in ANSWERED.items() if status >= 500)
    wrong = ANSWERED.total() - AS_DESCRIBED.total()
    summary = f"malformed: {ANSWERED.total():,} requests made up from the description"
    line = f"promise 6  {summary}; answers >= 500: {faults}, not as described: {wrong}"
    request.config.stash.setdefault(PRINTED_LINES, []).append(line)


@DESCRIPTION.parametrize()
@settings(max_examples=sized(10, 1000), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_generated_requests_get_described_responses(
    case: schemathesis.Case, credential: Credential, provider: FakeProvider
) -> None:
    response = case.call()
    ANSWERED[response.status_code] += 1

    case.validate_response(response, checks=CHECKS)
    AS_DESCRIBED[response.status_code] += 1
