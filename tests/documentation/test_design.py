"""docs/design.md names places that are there."""

import re

from config.environment import BASE_DIR

TOLD = (BASE_DIR / "docs" / "design.md").read_text()
PLACE = re.compile(r"`((?:\w+/)+(?:[\w.]+)?|\w+\.(?:py|md)|\.env\.example)`")
PACKAGES = {"access", "boundary", "config", "evals", "rotation", "traces"}


def test_every_place_it_names_exists() -> None:
    places = PLACE.findall(TOLD)

    assert len(places) > 60
    assert [place for place in places if not (BASE_DIR / place).exists()] == []


def test_every_step_of_a_request_names_a_file() -> None:
    steps = re.findall(r"^\d\. \*\*.+?(?=^\d\. |^$)", TOLD, re.MULTILINE | re.DOTALL)

    assert [step for step in steps if not PLACE.search(step)] == [steps[-1]]
    assert len(steps) == 8


def test_every_package_is_told() -> None:
    assert set(re.findall(r"^\| `(\w+)/` \|", TOLD, re.MULTILINE)) == PACKAGES
