"""Bodies at the real web server: no route takes one past its bound, and none takes a file."""

import re
import select
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.configuration.serving import Server, prepared, serving
from tests.torture.conftest import Promise

pytestmark = pytest.mark.any_database

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")
NOWHERE = ("/nowhere", "/nowhere/", "/admin/nowhere/", "/rotation/decide/", "/sign-in/x")
ANSWERED_EARLIER = ("/healthz", "/readyz", "/metrics", "/static/site.css", "/static/nowhere")
FORM = "Content-Type: multipart/form-data; boundary=edge"
# With this cookie, the protection against CSRF looks for its token in the body.
COOKIE = f"Cookie: csrftoken={'x' * 32}"
START = b'--edge\r\nContent-Disposition: form-data; name="x"; filename="x.bin"\r\n\r\n'
END = b"\r\n--edge--\r\n"
MEGABYTE = 2**20
PATIENCE_SECONDS = 0.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def server(folder: Path, demo_database: str) -> Iterator[Server]:
    with (
        prepared(folder, demo_database) as environment,
        serving(
            folder, environment | {"WEB_THREADS": "40", "DECISIONS_IN_FLIGHT": "8", "WEB_CONCURRENCY": "1"}
        ) as served,
    ):
        yield served


def temporary_files(folder: Path) -> list[str]:
    """Return what there is beside the folder of the metrics."""
    return [path.name for path in (folder / "temporary").iterdir() if not path.name.startswith("metrics-")]


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from routes(entry, route)


def addresses() -> list[str]:
    """Return an address of each route."""

    def sample(parameter: re.Match[str]) -> str:
        converter = parameter[1] or ""
        return converter.replace("_id", f"_{'0' * 26}") if converter.endswith("_id") else "1"

    plain = (re.sub(r"\^?\(\?P<\w+>(\w*)[^)]*\)(/?)\$", r"\1\2", route) for route in routes(get_resolver()))
    return sorted({"/" + re.sub(r"<(?:(\w+):)?\w+>", sample, route) for route in plain})


def send(server: Server, method: str, path: str, *headers: str, body: bytes) -> int:
    """Send a request, whose body goes on as long as the server takes it, to 8 MB. Return the status, 0 without any."""
    head = "\r\n".join((f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", COOKIE, *headers, "", ""))
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection, suppress(ConnectionError):
        connection.sendall(head.encode() + body)
        for _ in range(8):
            if select.select([connection], [], [], PATIENCE_SECONDS)[0]:
                return int(connection.recv(4096).split()[1])
            connection.sendall(b"." * MEGABYTE)
    return 0


def test_no_route_takes_a_body_past_its_bound(server: Server, folder: Path, promise: Promise) -> None:
    length = f"Content-Length: {600 * MEGABYTE}"
    found = addresses()

    answers = {
        (method, path, send(server, method, path, FORM, length, body=START), *temporary_files(folder))
        for path in (*found, *NOWHERE)
        for method in METHODS
    }

    assert len(found) > 50
    assert [answer for answer in answers if answer[2:] != (413,)] == []
    promise(6, f"uploads: {len(answers):,} bodies of 600 MB at {len(found)} routes, all 413; temporary files: 0")


def test_no_route_takes_a_body_without_a_length(server: Server, folder: Path) -> None:
    chunked, body = "Transfer-Encoding: chunked", b"%x\r\n%s\r\n" % (len(START), START)

    answers = {
        (path, send(server, "POST", path, FORM, chunked, body=body), *temporary_files(folder))
        for path in (*addresses(), *NOWHERE)
    }

    assert [answer for answer in answers if answer[1:] != (411,)] == []


def test_what_is_answered_before_any_route_takes_no_body(server: Server, folder: Path) -> None:
    length = f"Content-Length: {600 * MEGABYTE}"

    for path in ANSWERED_EARLIER:
        assert send(server, "POST", path, FORM, length, body=START) in {200, 404, 405, 413}, path
        assert temporary_files(folder) == [], path


def test_no_route_takes_a_file(server: Server, folder: Path) -> None:
    body = START + b"." * 4096 + END
    length = f"Content-Length: {len(body)}"

    answers = {path: send(server, "POST", path, FORM, length, body=body) for path in (*addresses(), *NOWHERE)}

    assert (answers["/sign-in"], answers["/admin/login/"]) == (400, 400)
    assert {path: status for path, status in answers.items() if not 300 <= status < 500} == {}
    assert temporary_files(folder) == []
