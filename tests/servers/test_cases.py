"""Every case of the list ends as it should, through HTTP to the page of the service and over a real socket."""

import pytest

from tests.servers.cases import CASES, Case
from tests.servers.conftest import Measure
from tests.servers.real import PROFILES, WITHOUT_PROFILE

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_ends_as_it_should(case: Case, measure: Measure) -> None:
    assert measure(case) == case.right


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("name", WITHOUT_PROFILE)
def test_a_server_is_as_strict_as_the_real_one(name: str, measure: Measure) -> None:
    """It refuses the request of the default profile, so the profile is what makes its case right."""
    server = PROFILES[name].server

    assert measure(Case(f"{name}, no profile", "", server, {}, right="refused")) == WITHOUT_PROFILE[name]
