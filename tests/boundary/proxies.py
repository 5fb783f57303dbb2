"""Forward proxies on loopback: HTTP with CONNECT, and SOCKS5. They keep what they were given to read."""

import select
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from struct import unpack
from urllib.parse import urlsplit

Speak = Callable[["Proxy", socket.socket], None]
SOCKS_VERSION, NO_PASSWORD, PASSWORD, NO_METHOD = 5, 0, 2, 255
NAME, IPV4 = 3, 1


@dataclass
class Proxy:
    """`leads_to` is the port on loopback that it forwards to, whatever was asked for. `read` is all that came in."""

    speak: Speak
    leads_to: int
    credentials: str = ""
    tls: ssl.SSLContext | None = None
    port: int = 0
    read: bytearray = field(default_factory=bytearray)
    asked_for: list[str] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        # It ends when the listener is shut down.
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._talk, args=(connection,), name="fault-server", daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:
            secured = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            with secured:
                self.speak(self, secured)

    def join(self, connection: socket.socket, first: bytes = b"", ready: bytes = b"") -> None:
        """Connect to the target, say that we are ready, and pass on bytes in both directions until one side ends."""
        with socket.create_connection(("127.0.0.1", self.leads_to), timeout=10) as target:
            target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(ready)
            target.sendall(first)
            while True:
                for each in select.select([connection, target], [], [], 10)[0]:
                    data = each.recv(0x10000)
                    if not data:
                        return
                    if each is connection:
                        self.read += data
                    (target if each is connection else connection).sendall(data)


@contextmanager
def proxy(
    speak: Speak, leads_to: int = 9, *, credentials: str = "", tls: ssl.SSLContext | None = None
) -> Iterator[Proxy]:
    """Serve until the block ends. `credentials` are `user:password`."""
    running = Proxy(speak, leads_to, credentials, tls)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        running.port = listener.getsockname()[1]
        accepting = threading.Thread(target=running.serve, args=(listener,), name="fault-server")
        accepting.start()
        try:
            yield running
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()


def http_proxy(proxy: Proxy, connection: socket.socket) -> None:
    """Tunnel after CONNECT, and forward a request that names a whole http address."""
    head, rest = _read_head(proxy, connection)
    line, _, fields = head.partition(b"\r\n")
    method, target, _version = line.decode().split()
    proxy.asked_for.append(target)
    wanted = b"proxy-authorization: basic " + b64encode(proxy.credentials.encode())
    if proxy.credentials and wanted.lower() not in head.lower():
        connection.sendall(_refusal(407))
    elif method == "CONNECT":
        proxy.join(connection, rest, b"HTTP/1.1 200 Connection established\r\nVia: a proxy\r\n\r\n")
    else:
        path = urlsplit(target).path.encode()
        kept = [each for each in fields.split(b"\r\n") if not each.lower().startswith(b"proxy-")]
        proxy.join(connection, b"%s %s HTTP/1.1\r\n%s" % (method.encode(), path, b"\r\n".join(kept)) + rest)


def refusing(status: int) -> Speak:
    def speak(proxy: Proxy, connection: socket.socket) -> None:
        _read_head(proxy, connection)
        connection.sendall(_refusal(status))

    return speak


def socks_proxy(proxy: Proxy, connection: socket.socket) -> None:
    """Speak SOCKS5 (RFC 1928), with a password (RFC 1929) if the proxy has credentials."""
    methods = _exactly(connection, _exactly(connection, 2)[1])
    wanted = PASSWORD if proxy.credentials else NO_PASSWORD
    connection.sendall(bytes([SOCKS_VERSION, wanted if wanted in methods else NO_METHOD]))
    if wanted == PASSWORD:
        user = _exactly(connection, _exactly(connection, 2)[1])
        password = _exactly(connection, _exactly(connection, 1)[0])
        is_known = user + b":" + password == proxy.credentials.encode()
        connection.sendall(bytes([1, not is_known]))
        if not is_known:
            return
    kind = _exactly(connection, 4)[3]
    length = _exactly(connection, 1)[0] if kind == NAME else 4 if kind == IPV4 else 16
    host = _exactly(connection, length)
    (port,) = unpack(">H", _exactly(connection, 2))
    proxy.asked_for.append(f"{host.decode() if kind == NAME else 'an address'}:{port}")
    proxy.join(connection, ready=bytes([SOCKS_VERSION, 0, 0, IPV4, 0, 0, 0, 0, 0, 0]))


def saying(words: bytes) -> Speak:
    def speak(proxy: Proxy, connection: socket.socket) -> None:
        connection.sendall(words)
        silent(proxy, connection)

    return speak


def silent(_proxy: Proxy, connection: socket.socket) -> None:
    """Say nothing until the client closes the connection."""
    while connection.recv(0x1000):
        pass


def _read_head(proxy: Proxy, connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(0x10000)
        if not more:
            raise OSError("closed")
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    proxy.read += data
    return head + b"\r\n\r\n", rest


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        data += connection.recv(length - len(data)) or b"\0" * 300
    return data[:length]


def _refusal(status: int) -> bytes:
    words = b"canary of the proxy"
    head = f"HTTP/1.1 {status} No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: {len(words)}\r\n\r\n"
    return head.encode() + words
