"""Our cookies over HTTPS, and the one of 0.2.0, which is read until 0.4.0."""

import json
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tests.access.conftest import OWN, PASSWORD, Visitor
from tests.configuration.conftest import manage
from tests.configuration.serving import prepared
from tests.interfaces.conftest import BROWSER
from traces.models import TraceRecord

VISIT = f"""
import json
from django.contrib.auth.models import User
from django.test import Client
User.objects.create_user("ada", password="{PASSWORD}")
browser = Client(headers={{"Accept": "text/html"}}, SERVER_NAME="127.0.0.1")
browser.get("/", secure=True)
browser.post("/sign-in", {{"username": "ada", "password": "{PASSWORD}"}}, secure=True)
print(json.dumps(browser.cookies))
"""
YEAR_SECONDS = 365 * 24 * 3600
UNCOLLECTED = "tests.limits.uncollected_settings"


@pytest.fixture
def over_https(settings: Settings) -> None:
    settings.ACCESS, settings.HTTPS, settings.SUBMITTER_COOKIE_NAME = "open", True, "__Host-submitter"


@pytest.fixture
def earlier(settings: Settings) -> Client:
    """A browser whose cookie 0.2.0 has set."""
    settings.ACCESS = "open"
    browser = Client(headers={"Accept": BROWSER})
    browser.get("/")
    return browser


def identity(client: Client, name: str) -> str:
    return client.cookies[name].value.partition(":")[0]


@pytest.mark.any_database
def test_cookies_over_https_belong_to_this_host_alone(tmp_path: Path, demo_database: str) -> None:
    with prepared(tmp_path, demo_database) as environment:
        over_https = environment | {"HTTPS": "true", "DJANGO_SETTINGS_MODULE": UNCOLLECTED}
        ran = manage("shell", "--no-imports", "--command", VISIT, environment=over_https)
    cookies = json.loads(ran.stdout)

    common = {"path": "/", "domain": "", "secure": True, "httponly": True, "samesite": "Lax"}
    ages = {"__Host-submitter": YEAR_SECONDS, "__Host-csrftoken": 364 * 24 * 3600, "__Host-sessionid": ""}
    assert cookies.keys() == ages.keys()
    for name, attributes in cookies.items():
        assert attributes.items() >= (common | {"max-age": ages[name]}).items(), name


def test_browser_of_0_2_0_keeps_its_identity_and_gets_a_new_cookie(earlier: Client, over_https: None) -> None:
    trace_id = Visitor(earlier).ask_page(OWN)["Location"].rpartition("/")[2]

    earlier.get("/")

    old, new = identity(earlier, "submitter"), identity(earlier, "__Host-submitter")
    assert TraceRecord.objects.get(pk=trace_id).submitter == f"browser:{old}"
    assert new == old


def test_new_cookie_outranks_the_one_of_0_2_0(earlier: Client, over_https: None) -> None:
    browser = Client(headers={"Accept": BROWSER})
    browser.get("/")
    browser.cookies["submitter"] = earlier.cookies["submitter"].value

    trace_id = Visitor(browser).ask_page(OWN)["Location"].rpartition("/")[2]

    assert TraceRecord.objects.get(pk=trace_id).submitter == f"browser:{identity(browser, '__Host-submitter')}"


def test_value_of_the_old_cookie_is_not_accepted_under_the_new_name(earlier: Client, over_https: None) -> None:
    browser = Client(headers={"Accept": BROWSER})
    browser.cookies["__Host-submitter"] = earlier.cookies["submitter"].value

    browser.get("/")

    assert identity(browser, "__Host-submitter") != identity(earlier, "submitter")
