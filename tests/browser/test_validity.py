"""Every page is valid HTML and the stylesheet is valid CSS, by the Nu validator."""

import json
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Response

from tests.browser.conftest import Browse
from tests.browser.samples import every_workflow
from tests.browser.states import Stage, State, reach, states_of


def faults(validator: list[str], folder: Path) -> list[str]:
    """Validate every file of a folder at once."""
    options = ["--format", "json", "--stdout", "--exit-zero-always", "--also-check-css"]
    output = subprocess.run([*validator, *options, folder], check=True, capture_output=True, text=True).stdout
    messages: list[dict[str, Any]] = json.loads(output)["messages"]
    return [f"{Path(each['url']).name}: {each['message']} {each.get('extract', '')}" for each in messages]


def html_of(response: Response) -> str | None:
    """Return a served page, or None for a redirect or a page that the browser has already left."""
    with suppress(Error):
        return response.text()
    return None


def pages_on_the_way(stage: Stage, state: State) -> list[str]:
    """Return the pages that were served on the way to a state, and its page as shown."""
    responses: list[Response] = []
    stage.customer.page.on("response", lambda response: responses.append(response))  # noqa: PLW0108 - no builtin is taken
    reach(state, stage)
    served = [html_of(each) for each in responses if each.headers.get("content-type", "").startswith("text/html")]
    assert served[-1], "the page of the state itself"
    return [*filter(None, served), stage.customer.page.content()]


@every_workflow
def test_every_state_is_valid_html(browse: Browse, stage: Stage, validator: list[str], tmp_path: Path) -> None:
    for name, state in states_of(stage.sample).items():
        for number, html in enumerate(pages_on_the_way(stage, state)):
            (tmp_path / f"{name} {number}.html").write_text(html)
        stage.start_over(browse())

    assert faults(validator, tmp_path) == []


def test_stylesheet_is_valid(validator: list[str], tmp_path: Path) -> None:
    (tmp_path / "site.css").write_text(Path("static/site.css").read_text())

    assert faults(validator, tmp_path) == []


def test_validator_reports_faults(validator: list[str], tmp_path: Path) -> None:
    (tmp_path / "wrong.html").write_text("<!doctype html><html lang=en><title>x</title><p><div></p>")
    (tmp_path / "wrong.css").write_text("p { colour: red }")

    output = " ".join(faults(validator, tmp_path))

    assert re.search("No .p. element in scope", output)
    assert "colour" in output
