"""Headers that Django cannot read are refused like other bad requests."""

import io
from itertools import product
from typing import Any

import pytest
from django.test import Client

from config.wsgi import application
from traces.identifiers import new_trace_id

pytestmark = pytest.mark.any_database

DECIDE = "/rotation/decide"
UNKNOWN_CHARSET = "charset*=foo''%41"


def test_unreadable_content_type_is_refused(db: None, subtests: pytest.Subtests) -> None:
    content_types = (
        f"application/json; {UNKNOWN_CHARSET}",
        f"application/x-www-form-urlencoded; {UNKNOWN_CHARSET}",
        "multipart/form-data; charset=hex; boundary=xx",
        "application/json; charset=utf-7",
        "\xff/\xff",
    )

    for path, content_type in product((DECIDE, "/", "/admin/login/"), content_types):
        with subtests.test(f"{path} {content_type}"):
            assert 400 <= post(path, content_type, HTTP_COOKIE=f"csrftoken={'a' * 32}") < 500


def test_readable_content_type_reaches_the_view(db: None) -> None:
    expected = {
        "application/json": 422,
        'Application/JSON; charset="UTF-8"': 422,
        "application/json;charset=utf-8": 422,
        "text/plain": 415,
        "": 415,
    }

    assert {content_type: post(DECIDE, content_type) for content_type in expected} == expected


def post(path: str, content_type: str, **headers: str) -> int:
    """Post `{}` to the WSGI application as the web server would, and return the status."""
    started: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": "2",
        "wsgi.input": io.BytesIO(b"{}"),
        "wsgi.url_scheme": "http",
        **headers,
    }
    response = application(environ, lambda line, _headers, *_: started.append(line))
    getattr(response, "close", lambda: None)()
    return int(started[0].split()[0])


def test_unreadable_accept_header_causes_no_5xx(client: Client, db: None, subtests: pytest.Subtests) -> None:
    client.raise_request_exception = False
    statuses = {"/": {200, 406}, "/nowhere": {404}, f"/rotation/{new_trace_id()}": {404, 406}}
    texts = [f"text/html;{more}" for more in ("q=x", "q=0", "charset=\xff", " a*=foo''%41")]

    for (path, allowed), accept in product(statuses.items(), ["*", "/", ";;;", ",,,", "\xff", "a" * 5000, *texts]):
        with subtests.test(f"{path} {accept[:30]}"):
            assert client.get(path, headers={"Accept": accept}).status_code in allowed


def test_nul_in_an_admin_address_causes_no_5xx(admin_client: Client) -> None:
    for path in ("/admin/traces/tracerecord/?status__exact=%00", "/admin/traces/tracerecord/a%00b/change/"):
        assert admin_client.get(path).status_code < 500
