"""The headers of every answer: out of caches and frames, with nothing from elsewhere."""

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from rotation.models import Credential
from tests.conftest import Decide
from tests.faces.conftest import BROWSER, CANARY, PostForm, problem
from tests.fakes import FakeProvider
from traces.identifiers import new_trace_id

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

DECIDE = "/rotation/decide"


def assert_guarded(response: "Response") -> None:
    assert "no-store" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    policy = response["Content-Security-Policy"]
    assert {"default-src 'none'", "frame-ancestors 'none'", "script-src 'self'"} <= set(policy.split("; "))
    assert "unsafe" not in policy


@pytest.mark.parametrize("accept", ["application/json", BROWSER])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("POST", "/", 422),
        ("GET", "/nowhere", 404),
        ("GET", f"/rotation/{new_trace_id()}", 404),
        ("POST", DECIDE, 415),
        ("GET", DECIDE, 405),
        ("GET", "/admin/login/", 200),
    ],
)
def test_every_answer_is_kept_out_of_caches_and_frames(
    client: Client, db: None, method: str, path: str, status: int, accept: str
) -> None:
    response = client.generic(method, path, headers={"Accept": accept})

    assert response.status_code == status
    assert "no-store" in response["Cache-Control"]
    assert_guarded(response)


def test_a_decision_is_kept_out_of_caches_and_frames(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    assert_guarded(decide())


def test_a_form_that_was_decided_is_kept_out_of_caches_and_frames(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    assert_guarded(post_form())


def test_a_static_file_may_be_cached(client: Client) -> None:
    response = client.get("/static/site.css")

    assert response.getvalue()
    assert "no-store" not in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_host_that_is_not_ours_is_refused_under_the_same_headers(client: Client) -> None:
    response = client.get("/", headers={"Host": f"{CANARY}.example"})

    assert problem(response, 400)
    assert CANARY not in response.text
    assert_guarded(response)
