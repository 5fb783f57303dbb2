"""The security headers of every response: no caching, no frames, no content from other hosts."""

from itertools import product

import pytest
from django.test import Client

from rotation.models import Credential
from tests.conftest import Decide, Response
from tests.fakes import FakeProvider
from tests.interfaces.conftest import BROWSER, CANARY, PostForm, problem
from traces.identifiers import new_trace_id

DECIDE = "/rotation/decide"


def assert_guarded(response: Response) -> None:
    assert "no-store" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    policy = response["Content-Security-Policy"]
    assert {"default-src 'none'", "frame-ancestors 'none'", "script-src 'self'"} <= set(policy.split("; "))
    assert "unsafe" not in policy


def test_every_response_has_the_security_headers(client: Client, db: None, subtests: pytest.Subtests) -> None:
    requests = {
        ("GET", "/"): 200,
        ("POST", "/"): 422,
        ("GET", "/nowhere"): 404,
        ("GET", f"/rotation/{new_trace_id()}"): 404,
        ("POST", DECIDE): 415,
        ("GET", DECIDE): 405,
        ("GET", "/admin/login/"): 200,
    }

    for ((method, path), status), accept in product(requests.items(), ("application/json", BROWSER)):
        with subtests.test(f"{method} {path} {accept[:10]}"):
            response = client.generic(method, path, headers={"Accept": accept})
            assert response.status_code == status
            assert_guarded(response)


def test_decisions_have_the_security_headers(
    decide: Decide, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    assert_guarded(decide())
    assert_guarded(post_form())


def test_static_file_may_be_cached(client: Client) -> None:
    response = client.get("/static/site.css")

    assert response.getvalue()
    assert "no-store" not in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"


def test_unknown_host_is_refused_with_the_security_headers(client: Client) -> None:
    response = client.get("/", headers={"Host": f"{CANARY}.example"})

    assert problem(response, 400)
    assert CANARY not in response.text
    assert_guarded(response)
