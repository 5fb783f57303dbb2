"""The project's nginx configuration on loopback, in front of services that record their requests."""

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

# Larger than the sockets hold, whose buffers are made small, and smaller than the proxy's buffers.
LARGE, SMALL = b"." * 380_000, 16_384
NAMES = "localhost,rotation.test"


@dataclass(frozen=True)
class Received:
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
        self.server.received.append(
            Received(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        )
        if self.path == "/hang-up":
            self.close_connection = True
            return
        answer = LARGE if self.path == "/large" else b"ok"
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.server.sent.set()

    do_POST = do_HEAD = do_GET  # noqa: N815 - names of http.server

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Print nothing."""


class Service(ThreadingHTTPServer):
    """One web machine. It records each request, its begin, and when a response was sent completely."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[Received] = []
        self.begun, self.sent = Event(), Event()


@dataclass
class Proxy:
    folder: Path
    http: int
    https: int
    services: tuple[Service, ...] = field(default=())

    @property
    def received(self) -> list[Received]:
        return [received for service in self.services for received in service.received]

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
        """Send one request, a POST if there is a body. Status 0 means that the proxy closed the connection."""
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
    """Bind a port without listening, so that connections are refused and no other program takes it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        yield port


@contextmanager
def serve_behind_nginx(site: Path, folder: Path, *, services_count: int = 1, dead_count: int = 0) -> Iterator[Proxy]:
    """Run nginx in front of this many services and dead ports. Only paths and ports differ from production."""
    services = tuple(Service() for _ in range(services_count))
    proxy = Proxy(folder / "deploy/nginx", free_port(), free_port(), services)
    copy_of("deploy/nginx", folder=folder)
    ports_in_use = ExitStack()
    ports = [service.server_port for service in services] + [
        ports_in_use.enter_context(dead_port()) for _ in range(dead_count)
    ]
    _configure(proxy, site, ports)
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
        ports_in_use.close()
        process.terminate()
        process.wait(timeout=10)
        for service in services:
            service.shutdown()
            service.server_close()


def _configure(proxy: Proxy, site: Path, ports: list[int]) -> None:
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
