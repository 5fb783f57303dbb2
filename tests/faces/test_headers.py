"""Headers that Django itself stumbles over are refusals like any other."""

import io
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from config.wsgi import application

UNKNOWN_CHARSET = "charset*=foo''%41"


@pytest.mark.parametrize("path", ["/rotation/decide", "/", "/admin/login/"])
@pytest.mark.parametrize(
    "content_type",
    [
        f"application/json; {UNKNOWN_CHARSET}",
        f"application/x-www-form-urlencoded; {UNKNOWN_CHARSET}",
        "multipart/form-data; charset=hex; boundary=xx",
        "application/json; charset=utf-7",
        "\xff/\xff",
    ],
)
def test_an_unreadable_content_type_is_refused(path: str, content_type: str, db: None) -> None:
    status = sent(path, content_type, HTTP_COOKIE=f"csrftoken={'a' * 32}")

    assert 400 <= status < 500


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 422),
        ('Application/JSON; charset="UTF-8"', 422),
        ("application/json;charset=utf-8", 422),
        ("text/plain", 415),
        ("", 415),
    ],
)
def test_a_plain_content_type_passes(content_type: str, status: int, db: None) -> None:
    assert sent("/rotation/decide", content_type) == status


def sent(path: str, content_type: str, **headers: str) -> int:
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


@pytest.mark.parametrize("path", ["/", "/nowhere", "/rotation/trace_00000000000000000000000000"])
@pytest.mark.parametrize("accept", ["text/html; a*=foo''%41", "*", "/", ";;;", "text/html;q=x", "\xff"])
def test_an_unreadable_accept_header_is_no_fault_of_ours(client: Client, db: None, path: str, accept: str) -> None:
    assert client.get(path, headers={"Accept": accept}).status_code < 500


def test_a_nul_in_an_address_of_the_admin_is_no_fault_of_ours(admin_client: Client) -> None:
    for path in ("/admin/traces/tracerecord/?status__exact=%00", "/admin/traces/tracerecord/a%00b/change/"):
        assert admin_client.get(path).status_code < 500


def test_what_is_answered_in_front_of_the_views_has_the_headers_too(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = Client().get("/")

    assert response.status_code == 301
    assert response["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
