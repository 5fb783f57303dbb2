"""nginx with the configuration of this project, between clients and the service."""

import json
import re
import socket
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep

import pytest
from django.urls import resolve

from access.bodies import LIMIT_BYTES
from config.environment import BASE_DIR, Environment
from tests.deploy.compose import GUNICORN, seconds, upper_bound
from tests.deploy.proxy import LARGE, NAMES, SMALL, Proxy, serve_behind_nginx

pytestmark = pytest.mark.any_database

CONFIGURATION = (BASE_DIR / "deploy/nginx/nginx.conf").read_text()
UPSTREAM = (BASE_DIR / "deploy/nginx/upstream.conf").read_text()
CANARY = "canary-4b7e"
FORGED_HEADERS = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Protocol": "http",
    "X-Forwarded-Ssl": "off",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9",
    "Proxy": "evil.test",
}


# The configuration of the one route that takes files, and that of the others.
[UPLOADS] = re.findall(r"location = /admin/rotation/credential/import/ {.*?}", CONFIGURATION, re.DOTALL)
OTHERS = CONFIGURATION.replace(UPLOADS, "")
IMPORT = "/admin/rotation/credential/import/"


def value(name: str, text: str = OTHERS) -> str:
    """Return the value of a directive that occurs once in a text."""
    [found] = re.findall(rf"^\s*{name} (.+);$", text, re.MULTILINE)
    return str(found)


@pytest.fixture(scope="module")
def running(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with serve_behind_nginx(site, tmp_path_factory.mktemp("proxied")) as proxy:
        yield proxy


@pytest.fixture
def proxy(running: Proxy) -> Proxy:
    for service in running.services:
        service.received.clear()
        service.begun.clear()
        service.sent.clear()
    return running


def test_proxy_waits_longer_than_a_decision_takes() -> None:
    grace = Environment.model_fields["interrupted_grace_seconds"].default

    assert seconds(value("proxy_read_timeout")) > upper_bound("decision_deadline_seconds") + grace


def test_proxy_closes_idle_connections_before_the_service() -> None:
    while_stopping = import_module("gunicorn.workers.gthread").STOP_KEEPALIVE_LINGER

    assert seconds(value("keepalive_timeout", UPSTREAM)) < min(GUNICORN["keepalive"], while_stopping)


def test_proxy_keeps_bodies_in_memory_up_to_its_limit() -> None:
    limit = 1024 * int(value("client_max_body_size").removesuffix("k"))

    assert value("client_body_buffer_size") == value("client_max_body_size")
    assert limit > LIMIT_BYTES
    assert value("proxy_max_temp_file_size") == "0"


def test_proxy_keeps_uploads_in_memory_up_to_the_services_limit() -> None:
    limit = 1024 * int(value("client_max_body_size", UPLOADS).removesuffix("k"))
    pages, size = value("proxy_buffers", UPLOADS).split()

    assert value("client_body_buffer_size", UPLOADS) == value("client_max_body_size", UPLOADS)
    assert limit == vars(resolve(IMPORT).func)["body_limit_bytes"]
    # The page of an upload holds it once, and some words.
    assert int(pages) * 1024 * int(size.removesuffix("k")) > limit


def test_upload_reaches_the_service_with_the_proxys_headers_and_a_larger_one_is_refused(proxy: Proxy) -> None:
    status, _, answer = proxy.ask(IMPORT, b"." * 2_162_688, FORGED_HEADERS)
    refused, _, words = proxy.ask(IMPORT, b"." * 2_162_689)

    assert (status, answer) == (200, "ok")
    [received] = proxy.received
    assert (len(received.body), received.headers["x-forwarded-for"]) == (2_162_688, "127.0.0.1")
    assert (refused, json.loads(words)["detail"]) == (413, "Send at most 2162688 bytes.")


def test_proxy_replaces_forwarding_headers_of_clients(proxy: Proxy) -> None:
    proxy.ask("/", headers=FORGED_HEADERS)

    [received] = proxy.received
    claimed = {name: value for name, value in received.headers.items() if name in map(str.lower, FORGED_HEADERS)}
    assert claimed == {"x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"}
    assert received.headers["host"] == f"localhost:{proxy.https}"


def test_body_over_the_services_limit_reaches_the_service(proxy: Proxy) -> None:
    status, _, answer = proxy.ask("/rotation/decide", b"." * (LIMIT_BYTES + 1))

    assert (status, answer) == (200, "ok")
    assert len(proxy.received[0].body) == LIMIT_BYTES + 1


def test_body_over_the_proxys_limit_is_refused_as_the_service_does(proxy: Proxy) -> None:
    status, headers, answer = proxy.ask("/rotation/decide", b"." * 70_000)

    assert (status, headers["content-type"], headers["cache-control"]) == (413, "application/problem+json", "no-store")
    assert json.loads(answer) == {
        "type": "urn:problem-type:body-too-large",
        "title": "Content Too Large",
        "status": 413,
        "detail": f"Send at most {LIMIT_BYTES} bytes.",
    }
    assert proxy.received == []


def test_browser_gets_the_refusal_as_a_page(proxy: Proxy) -> None:
    status, headers, answer = proxy.ask("/", b"." * 70_000, {"Accept": "text/html,*/*"})

    assert (status, headers["content-type"]) == (413, "text/html")
    assert f"<p>Send at most {LIMIT_BYTES} bytes.</p>" in answer


def test_metrics_are_not_public(proxy: Proxy) -> None:
    for path in ("/metrics", "//metrics", "/%6detrics", "/x/../metrics", "/metrics?x"):
        status, _, answer = proxy.ask(path, headers={"Authorization": "Bearer anything"})
        assert (status, json.loads(answer)["type"]) == (404, "urn:problem-type:not-found"), path

    assert proxy.received == []


def test_unknown_host_is_refused(proxy: Proxy) -> None:
    over_tls, _, answer = proxy.ask("/", host="evil.test")
    plain, _, _ = proxy.ask("/", host="evil.test", plain=True)

    assert (over_tls, json.loads(answer)["status"], plain) == (421, 421, 0)
    assert [proxy.ask("/", host=name)[0] for name in NAMES.split(",")] == [200, 200]
    assert len(proxy.received) == 2


def test_plain_http_is_redirected_or_refused(proxy: Proxy) -> None:
    status, headers, _ = proxy.ask("/rotation/trace_1?x=1", plain=True)
    refused, _, answer = proxy.ask("/rotation/decide", b"{}", plain=True)

    assert (status, headers["location"]) == (301, f"https://localhost:{proxy.https}/rotation/trace_1?x=1")
    assert (refused, json.loads(answer)["type"]) == (403, "urn:problem-type:tls-required")
    assert proxy.received == []


def test_slow_sender_holds_no_thread_of_the_service(proxy: Proxy) -> None:
    [service] = proxy.services
    with proxy.tls() as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nab")
        begun_early = service.begun.wait(timeout=0.2)
        slow.sendall(b"cd")
        answer = slow.recv(100)

    assert (begun_early, answer[:12]) == (False, b"HTTP/1.1 200")
    assert proxy.received[0].body == b"abcd"


def test_slow_reader_holds_no_thread_of_the_service(proxy: Proxy) -> None:
    [service] = proxy.services
    with proxy.tls() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        slow.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        taken_whole = service.sent.wait(timeout=1)
        read = b"".join(iter(lambda: slow.recv(65_536), b""))

    assert taken_whole
    assert read.endswith(LARGE)


def test_log_line_has_client_and_status_and_no_text_of_the_client(proxy: Proxy) -> None:
    proxy.ask(f"/{CANARY}?submission={CANARY}", CANARY.encode(), {"Referer": CANARY, "User-Agent": CANARY})
    proxy.ask("/hang-up", CANARY.encode(), {"Accept": CANARY})
    latest = monotonic() + 5
    while '"status": 502' not in proxy.log and monotonic() < latest:
        sleep(0.01)

    lines = [json.loads(line) for line in proxy.log.splitlines()]

    assert [(line["client"], line["method"], line["status"]) for line in lines[-2:]] == [
        ("127.0.0.1", "POST", 200),
        ("127.0.0.1", "POST", 502),
    ]
    assert CANARY not in proxy.log


def test_request_goes_to_another_machine_if_one_is_down(site: Path, tmp_path: Path) -> None:
    with serve_behind_nginx(site, tmp_path, services_count=1, dead_count=1) as proxy:
        statuses = [proxy.ask("/rotation/decide", b"{}")[0] for _ in range(4)]

    assert statuses == [200] * 4
    assert len(proxy.received) == 4


def test_post_is_never_sent_again(site: Path, tmp_path: Path) -> None:
    with serve_behind_nginx(site, tmp_path, services_count=2) as proxy:
        status, headers, answer = proxy.ask("/hang-up", b"{}")

    assert (status, headers["retry-after"], len(proxy.received)) == (502, "5", 1)
    assert json.loads(answer)["type"] == "urn:problem-type:service-unavailable"


def test_no_machine_gives_502_at_once(site: Path, tmp_path: Path) -> None:
    with serve_behind_nginx(site, tmp_path, services_count=0, dead_count=1) as proxy:
        started = monotonic()
        status, _, answer = proxy.ask("/")

    assert (status, json.loads(answer)["title"]) == (502, "Bad Gateway")
    assert monotonic() - started < 1
