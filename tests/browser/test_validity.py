"""Every page is valid HTML and the stylesheet valid CSS, as the Nu validator reads them."""

import json
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Response

from tests.browser.conftest import Browse
from tests.browser.states import STATES, Stage, State, reach


def faults(validator: list[str], folder: Path) -> list[str]:
    """Validate every file of a folder at once."""
    options = ["--format", "json", "--stdout", "--exit-zero-always", "--also-check-css"]
    told = subprocess.run([*validator, *options, folder], check=True, capture_output=True, text=True).stdout
    messages: list[dict[str, Any]] = json.loads(told)["messages"]
    return [f"{Path(each['url']).name}: {each['message']} {each.get('extract', '')}" for each in messages]


def html_of(response: Response) -> str | None:
    """Return a served page, None of a redirect and of what the browser has left since."""
    with suppress(Error):
        return response.text()
    return None


def pages_on_the_way(stage: Stage, state: State) -> list[str]:
    """Return the pages that were served on the way to a state, and the one that is shown there."""
    responses: list[Response] = []
    stage.customer.page.on("response", lambda response: responses.append(response))  # noqa: PLW0108 - no builtin is taken
    reach(state, stage)
    served = [html_of(each) for each in responses if each.headers.get("content-type", "").startswith("text/html")]
    assert served[-1], "the page of the state itself"
    return [*filter(None, served), stage.customer.page.content()]


def test_every_state_is_valid_as_served_and_as_shown(
    browse: Browse, stage: Stage, validator: list[str], tmp_path: Path
) -> None:
    for name, state in STATES.items():
        for number, html in enumerate(pages_on_the_way(stage, state)):
            (tmp_path / f"{name} {number}.html").write_text(html)
        stage.start_over(browse())

    assert faults(validator, tmp_path) == []


def test_the_stylesheet_is_valid(validator: list[str], tmp_path: Path) -> None:
    (tmp_path / "site.css").write_text(Path("static/site.css").read_text())

    assert faults(validator, tmp_path) == []


def test_a_fault_would_be_told(validator: list[str], tmp_path: Path) -> None:
    (tmp_path / "wrong.html").write_text("<!doctype html><html lang=en><title>x</title><p><div></p>")
    (tmp_path / "wrong.css").write_text("p { colour: red }")

    told = " ".join(faults(validator, tmp_path))

    assert re.search("No .p. element in scope", told)
    assert "colour" in told
