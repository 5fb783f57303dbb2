"""Every state is accessible and fits its window: light and dark, on a narrow phone and a wide screen."""

import pytest

from tests.browser.axe import faults_in_every_look
from tests.browser.conftest import Browse
from tests.browser.samples import every_workflow
from tests.browser.states import Stage, reach, states_of


@every_workflow
def test_every_state_is_accessible_and_fits(browse: Browse, stage: Stage, subtests: pytest.Subtests) -> None:
    for name, state in states_of(stage.sample).items():
        with subtests.test(name):
            reach(state, stage)
            assert faults_in_every_look(stage.customer.page) == []
        stage.start_over(browse())
