"""The project's own nginx configuration, run for real on loopback in front of services that note what they get."""

import os
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

from tests.deploy.programs import copy_of, find_nginx
from tests.ports import free_port

# Larger than what the sockets on the way hold, which are made small for it, and smaller than the proxy's buffers.
LARGE, SMALL = b"." * 380_000, 16_384
NAMES = "localhost,rotation.test"


@dataclass(frozen=True)
class Got:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Service"

    def setup(self) -> None:
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        super().setup()

    def do_GET(self) -> None:
        self.server.begun.set()
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.got.append(Got(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if self.path == "/hang-up":
            self.close_connection = True
            return
        answer = LARGE if self.path == "/large" else b"ok"
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.server.told.set()

    do_POST = do_HEAD = do_GET  # noqa: N815 - as http.server wants them

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


class Service(ThreadingHTTPServer):
    """One web machine: it notes each request, when one begins and when an answer was taken whole."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[Got] = []
        self.begun, self.told = Event(), Event()


@dataclass
class Proxy:
    folder: Path
    http: int
    https: int
    services: tuple[Service, ...] = field(default=())

    @property
    def got(self) -> list[Got]:
        return [got for service in self.services for got in service.got]

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def tls(self) -> ssl.SSLSocket:
        trusted = ssl.create_default_context(cafile=str(self.folder / "tls_certificate.pem"))
        plain = socket.create_connection(("127.0.0.1", self.https), timeout=10)
        return trusted.wrap_socket(plain, server_hostname="localhost")

    def ask(
        self,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        host: str = "localhost",
        plain: bool = False,
    ) -> tuple[int, dict[str, str], str]:
        """Send one request, with a POST if there is a body; return status 0 where the proxy hangs up."""
        connection = HTTPConnection("127.0.0.1", self.http) if plain else HTTPSConnection("localhost", self.https)
        connection.sock = socket.create_connection(("127.0.0.1", self.http), timeout=10) if plain else self.tls()
        named = {"Host": f"{host}:{self.https}", **(headers or {})}
        try:
            connection.request("GET" if body is None else "POST", path, body, named)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        except (HTTPException, ConnectionError):
            return 0, {}, ""
        finally:
            connection.close()


@contextmanager
def dead_port() -> Iterator[int]:
    """Hold a port at which nobody answers: bound, so that no other program can take it, and not listened to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        yield port


@contextmanager
def proxied(site: Path, folder: Path, *, answering: int = 1, dead: int = 0) -> Iterator[Proxy]:
    """Serve these many services, and ports where none is, behind nginx; only paths and ports differ from the site's."""
    services = tuple(Service() for _ in range(answering))
    proxy = Proxy(folder / "deploy/nginx", free_port(), free_port(), services)
    copy_of("deploy/nginx", folder=folder)
    held = ExitStack()
    ports = [service.server_port for service in services] + [held.enter_context(dead_port()) for _ in range(dead)]
    _place(proxy, site, ports)
    for service in services:
        Thread(target=service.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    command = ["sh", "start.sh", "-c", str(proxy.folder / "nginx.conf"), "-p", str(proxy.folder)]
    environment = {"PATH": f"{Path(find_nginx()).parent}:{os.environ['PATH']}"}
    environment |= {"ALLOWED_HOSTS": NAMES, "HTTPS_PORT": str(proxy.https)}
    with (proxy.folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=proxy.folder, env=environment, stdout=log, stderr=log)
    try:
        _wait(proxy, process)
        yield proxy
    finally:
        held.close()
        process.terminate()
        process.wait(timeout=10)
        for service in services:
            service.shutdown()
            service.server_close()


def _place(proxy: Proxy, site: Path, ports: list[int]) -> None:
    for name in ("nginx.conf", "start.sh"):
        file = proxy.folder / name
        text = file.read_text().replace("/tmp/", f"{proxy.folder}/").replace("/dev/stdout", f"{proxy.folder}/log")  # noqa: S108
        text = text.replace("listen 8080", f"listen 127.0.0.1:{proxy.http}")
        text = text.replace("listen 8443", f"listen 127.0.0.1:{proxy.https}")
        file.write_text(text.replace("ssl default_server", f"ssl default_server sndbuf={SMALL}"))
    servers = "".join(f"server 127.0.0.1:{port} fail_timeout=1s; " for port in ports)
    (proxy.folder / "upstream.conf").write_text(f"upstream web {{ {servers} keepalive 32; keepalive_timeout 1s; }}\n")
    for name in ("tls_certificate.pem", "tls_key.pem"):
        (proxy.folder / name).symlink_to(site / "secrets" / name)


def _wait(proxy: Proxy, process: subprocess.Popen[bytes]) -> None:
    latest = monotonic() + 10
    while monotonic() < latest and process.poll() is None:
        try:
            proxy.tls().close()
        except OSError:
            sleep(0.02)
        else:
            return
    raise AssertionError(proxy.log)
