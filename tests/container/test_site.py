"""The site behind nginx, for a customer, a program and an operator."""

import json
import re
from urllib.parse import quote, unquote

from config.version import VERSION
from tests.conftest import REPORT, report
from tests.container.conftest import Figure
from tests.container.podman import IMAGE, Podman
from tests.container.site import ACCOUNT, Site
from tests.torture.ledgers import query

SLOWEST_START_SECONDS = 20
LARGEST_MB = 400


def test_containers_start_fast_and_stay_small(running: Site, figure: Figure) -> None:
    seconds, mb = max(web.ready_seconds for web in running.webs), running.webs[0].memory_mb()

    figure(f"start: {seconds:.1f} s until ready, 2 containers of 2 processes; memory {mb:.0f} MB a container")
    assert seconds < SLOWEST_START_SECONDS
    assert mb < LARGEST_MB


def test_program_gets_a_decision_through_nginx(running: Site) -> None:
    status, text = running.ask("/rotation/decide", report(ACCOUNT))
    trace_id = json.loads(text)["trace_id"]

    assert (status, json.loads(text)["decision"]) == (200, "eligible")
    row = f"SELECT status, provider, release, source FROM traces_tracerecord WHERE trace_id = '{trace_id}'"  # noqa: S608
    assert query(running.database_url, row) == [("completed", "rules", VERSION, "api")]


def test_customer_signs_in_and_gets_a_decision_through_nginx(running: Site) -> None:
    browser, (name, password) = running.browser(), running.operator
    running.send_form(browser, "/sign-in?next=/", username=name, password=password)
    page = running.send_form(browser, "/", account_id=ACCOUNT, credential_report=REPORT)

    assert "Eligible under P-7" in page
    assert re.search(r"trace_[0-9a-z]{26}", page)


def test_every_printed_line_is_json_without_secrets(running: Site) -> None:
    running.ask("/rotation/decide", report(ACCOUNT))
    running.ask(f"/rotation/decide?{quote(REPORT)}", {"account_id": REPORT})
    running.ask(f"/{quote(REPORT)}", Cookie=quote(REPORT))
    lines = running.printed_lines()

    assert len(lines) > 6
    assert {type(json.loads(line)) for line in lines} == {dict}
    text = unquote("\n".join(lines))
    assert [word for word in running.forbidden_words() if word in text] == []


def test_static_files_are_cached_forever(running: Site) -> None:
    with running.browser().open(running.url + "/sign-in") as page:
        [style] = re.findall(r'href="(/static/site\.[0-9a-f]{12}\.css)"', page.read().decode())
    with running.browser().open(running.url + style) as answer:
        cache_control = answer.headers["Cache-Control"]

    assert "immutable" in cache_control


def test_health_check_of_the_image_passes(running: Site, podman: Podman) -> None:
    _, *probe = podman.inspect(IMAGE)["Healthcheck"]["Test"]
    checked = podman("exec", running.webs[0].name, *probe, check=False)

    assert (checked.returncode, checked.stdout) == (0, "")


def test_eval_runs_in_the_image(running: Site, podman: Podman) -> None:
    judged = podman("exec", running.webs[0].name, "python", "manage.py", "eval", "--split", "gate", check=False)

    assert judged.returncode == 0, judged.stdout[-2000:] + judged.stderr[-2000:]
