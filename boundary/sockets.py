"""
Sockets that wait for what is left of a call's total deadline and no longer: to connect, for TLS, to write and to read.

A timeout of a socket's own bounds each read, so that an answer which comes byte by byte would never end.
"""

import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import httpx2

from boundary.deadline import seconds_left
from boundary.resolver import resolve

# The largest record of TLS: nothing of one is left unread where no poll sees it. Each call that waits holds a buffer of
# this size; with 64 kB a worker took 28 MB more for a hundred of them.
RECORD_BYTES = 16 * 1024

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    Base = socket.socket
else:
    Base = object


class UnusableAnswer(httpx2.RequestError):
    """The answer is no HTTP, broken off, too large, or encoded as nobody asked; no more of it is read."""


class DeadlineSocket(Base):
    """Reads and writes by the deadline, and reads no more than a number of bytes."""

    _may_read = 0

    def read_at_most(self, number_of_bytes: int) -> None:
        self._may_read = number_of_bytes

    def recv(self, buflen: int = RECORD_BYTES, flags: int = 0) -> bytes:
        if self._may_read <= 0:
            raise UnusableAnswer("too large")
        self.settimeout(seconds_left())
        read = super().recv(buflen, flags)
        self._may_read -= len(read)
        return read

    def sendall(self, data: "ReadableBuffer", flags: int = 0) -> None:
        whole = memoryview(data)
        for start in range(0, len(whole), RECORD_BYTES):
            self.settimeout(seconds_left())
            super().sendall(whole[start : start + RECORD_BYTES], flags)


class PlainSocket(DeadlineSocket, socket.socket):
    pass


class TLSSocket(DeadlineSocket, ssl.SSLSocket):
    pass


def tls_context() -> ssl.SSLContext:
    """Trust whom the system trusts."""
    context = ssl.create_default_context()
    context.sslsocket_class = TLSSocket
    return context


def connect(host: str, port: int) -> DeadlineSocket:
    """
    Connect to a name's addresses in turn; each may wait its share of what is left, so that none takes it all.

    :raises TimeoutError:
    :raises OSError: the name is not known, or no connection is taken
    """
    addresses = resolve(host, port)
    for left, address in zip(range(len(addresses), 1, -1), addresses, strict=False):
        with suppress(OSError):
            return _connect(address, port, seconds_left() / left)
    return _connect(addresses[-1], port, seconds_left())


def start_tls(connected: DeadlineSocket, context: ssl.SSLContext, host: str) -> DeadlineSocket:
    """
    Speak TLS from here on, or close the connection.

    :raises TimeoutError:
    :raises OSError: no TLS is spoken there, or the certificate is not trusted
    """
    try:
        connected.settimeout(seconds_left())
        return cast("TLSSocket", context.wrap_socket(connected, server_hostname=host))
    except BaseException:
        connected.close()
        raise


def _connect(address: str, port: int, seconds: float) -> DeadlineSocket:
    connected = PlainSocket(fileno=socket.create_connection((address, port), seconds).detach())
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected
