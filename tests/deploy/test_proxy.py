"""nginx, as this project configures it, between the world and the service."""

import json
import re
import socket
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep

import pytest

from access.bodies import LIMIT_BYTES
from config.environment import BASE_DIR, Environment
from tests.deploy.compose import GUNICORN, seconds, upper_bound
from tests.deploy.proxy import LARGE, NAMES, SMALL, Proxy, proxied

pytestmark = pytest.mark.any_database

CONFIGURATION = (BASE_DIR / "deploy/nginx/nginx.conf").read_text()
UPSTREAM = (BASE_DIR / "deploy/nginx/upstream.conf").read_text()
CANARY = "canary-4b7e"
LIES = {
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


def value(name: str, text: str = CONFIGURATION) -> str:
    """Return what a directive that stands once in a file is set to."""
    [found] = re.findall(rf"^\s*{name} (.+);$", text, re.MULTILINE)
    return str(found)


@pytest.fixture(scope="module")
def running(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxied(site, tmp_path_factory.mktemp("proxied")) as proxy:
        yield proxy


@pytest.fixture
def proxy(running: Proxy) -> Proxy:
    for service in running.services:
        service.got.clear()
        service.begun.clear()
        service.told.clear()
    return running


def test_the_services_own_answer_comes_before_the_proxys_patience_ends() -> None:
    grace = Environment.model_fields["interrupted_grace_seconds"].default

    assert seconds(value("proxy_read_timeout")) > upper_bound("decision_deadline_seconds") + grace


def test_a_connection_at_rest_is_closed_before_the_service_does_it() -> None:
    while_stopping = import_module("gunicorn.workers.gthread").STOP_KEEPALIVE_LINGER

    assert seconds(value("keepalive_timeout", UPSTREAM)) < min(GUNICORN["keepalive"], while_stopping)


def test_a_body_that_is_taken_is_held_in_memory_and_judged_by_the_service() -> None:
    limit = 1024 * int(value("client_max_body_size").removesuffix("k"))

    assert value("client_body_buffer_size") == value("client_max_body_size")
    assert limit > LIMIT_BYTES
    assert value("proxy_max_temp_file_size") == "0"


def test_what_a_client_claims_about_itself_ends_at_the_proxy(proxy: Proxy) -> None:
    proxy.ask("/", headers=LIES)

    [got] = proxy.got
    claimed = {name: told for name, told in got.headers.items() if name in map(str.lower, LIES)}
    assert claimed == {"x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"}
    assert got.headers["host"] == f"localhost:{proxy.https}"


def test_a_body_over_the_services_limit_reaches_it(proxy: Proxy) -> None:
    status, _, answer = proxy.ask("/rotation/decide", b"." * (LIMIT_BYTES + 1))

    assert (status, answer) == (200, "ok")
    assert len(proxy.got[0].body) == LIMIT_BYTES + 1


def test_a_body_over_the_proxys_limit_is_refused_in_the_services_words(proxy: Proxy) -> None:
    status, headers, answer = proxy.ask("/rotation/decide", b"." * 70_000)

    assert (status, headers["content-type"], headers["cache-control"]) == (413, "application/problem+json", "no-store")
    assert json.loads(answer) == {
        "type": "urn:problem-type:body-too-large",
        "title": "Content Too Large",
        "status": 413,
        "detail": f"Send at most {LIMIT_BYTES} bytes.",
    }
    assert proxy.got == []


def test_a_browser_is_refused_by_a_page(proxy: Proxy) -> None:
    status, headers, answer = proxy.ask("/", b"." * 70_000, {"Accept": "text/html,*/*"})

    assert (status, headers["content-type"]) == (413, "text/html")
    assert f"<p>Send at most {LIMIT_BYTES} bytes.</p>" in answer


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/%6detrics", "/x/../metrics", "/metrics?x"])
def test_figures_are_not_told_outside(proxy: Proxy, path: str) -> None:
    status, _, answer = proxy.ask(path, headers={"Authorization": "Bearer anything"})

    assert (status, json.loads(answer)["type"]) == (404, "urn:problem-type:not-found")
    assert proxy.got == []


def test_a_host_that_is_not_ours_is_refused(proxy: Proxy) -> None:
    over_tls, _, answer = proxy.ask("/", host="evil.test")
    plain, _, _ = proxy.ask("/", host="evil.test", plain=True)

    assert (over_tls, json.loads(answer)["status"], plain) == (421, 421, 0)
    assert [proxy.ask("/", host=name)[0] for name in NAMES.split(",")] == [200, 200]
    assert len(proxy.got) == 2


def test_who_comes_without_tls_is_led_to_it_before_anything_is_sent(proxy: Proxy) -> None:
    status, headers, _ = proxy.ask("/rotation/trace_1?x=1", plain=True)
    refused, _, answer = proxy.ask("/rotation/decide", b"{}", plain=True)

    assert (status, headers["location"]) == (301, f"https://localhost:{proxy.https}/rotation/trace_1?x=1")
    assert (refused, json.loads(answer)["type"]) == (403, "urn:problem-type:tls-required")
    assert proxy.got == []


def test_a_client_that_sends_slowly_holds_no_thread_of_the_service(proxy: Proxy) -> None:
    [service] = proxy.services
    with proxy.tls() as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nab")
        begun_early = service.begun.wait(timeout=0.2)
        slow.sendall(b"cd")
        answer = slow.recv(100)

    assert (begun_early, answer[:12]) == (False, b"HTTP/1.1 200")
    assert proxy.got[0].body == b"abcd"


def test_a_client_that_reads_slowly_holds_no_thread_of_the_service(proxy: Proxy) -> None:
    [service] = proxy.services
    with proxy.tls() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        slow.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        taken_whole = service.told.wait(timeout=1)
        read = b"".join(iter(lambda: slow.recv(65_536), b""))

    assert taken_whole
    assert read.endswith(LARGE)


def test_a_line_tells_who_asked_and_how_it_ended_and_nothing_a_client_wrote(proxy: Proxy) -> None:
    proxy.ask(f"/{CANARY}?submission={CANARY}", CANARY.encode(), {"Referer": CANARY, "User-Agent": CANARY})
    proxy.ask("/hang-up", CANARY.encode(), {"Accept": CANARY})
    latest = monotonic() + 5
    while '"status": 502' not in proxy.log and monotonic() < latest:
        sleep(0.01)

    told = [json.loads(line) for line in proxy.log.splitlines()]

    assert [(line["client"], line["method"], line["status"]) for line in told[-2:]] == [
        ("127.0.0.1", "POST", 200),
        ("127.0.0.1", "POST", 502),
    ]
    assert CANARY not in proxy.log


def test_a_request_goes_to_another_machine_where_one_is_gone(site: Path, tmp_path: Path) -> None:
    with proxied(site, tmp_path, answering=1, dead=1) as proxy:
        statuses = [proxy.ask("/rotation/decide", b"{}")[0] for _ in range(4)]

    assert statuses == [200] * 4
    assert len(proxy.got) == 4


def test_a_post_that_was_sent_is_never_sent_again(site: Path, tmp_path: Path) -> None:
    with proxied(site, tmp_path, answering=2) as proxy:
        status, headers, answer = proxy.ask("/hang-up", b"{}")

    assert (status, headers["retry-after"], len(proxy.got)) == (502, "5", 1)
    assert json.loads(answer)["type"] == "urn:problem-type:service-unavailable"


def test_a_machine_that_answers_nobody_is_told_at_once(site: Path, tmp_path: Path) -> None:
    with proxied(site, tmp_path, answering=0, dead=1) as proxy:
        started = monotonic()
        status, _, answer = proxy.ask("/")

    assert (status, json.loads(answer)["title"]) == (502, "Bad Gateway")
    assert monotonic() - started < 1
