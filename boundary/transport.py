"""
The way to the provider, and to the issuer of sign-ins: libcurl, and a connection of its own for each question.

Nothing is kept of a question once it is answered: no connection, no handle, no name that was looked up. So an answer
can never be taken for another question's. One total deadline covers the look-up, connecting, TLS and every byte. No
redirect is followed, and no proxy, password or key log is taken from the environment.
"""

import math
import os
import re
import select
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from time import monotonic
from typing import Any

import httpx2
import pycurl

from boundary.trouble import trouble_of
from boundary.way_out import trusted_by_system

# Some servers send what the model thought beside its answer.
ANSWER_LIMIT_BYTES = 1024 * 1024
# So much of an error's body is read.
ERROR_LIMIT_BYTES = 4 * 1024
RECEIVE_BUFFER_BYTES = 32 * 1024
HEAD_LIMIT_BYTES = 64 * 1024
# All that is received: also the notes of chunks, what comes before and after the answer, and TLS's own messages.
RECEIVED_LIMIT_BYTES = HEAD_LIMIT_BYTES + ANSWER_LIMIT_BYTES + 128 * 1024
RECEIVED = {pycurl.INFOTYPE_HEADER_IN, pycurl.INFOTYPE_DATA_IN, pycurl.INFOTYPE_SSL_DATA_IN}
STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: |\r\n)")
FIELD_NAME = re.compile(rb"([-!#$%&'*+.^_`|~0-9A-Za-z]+):")
FRAMING = {b"content-length", b"transfer-encoding"}
# CURLOPT_QUICK_EXIT, which pycurl does not name: closing a handle does not wait for a look-up that hangs.
QUICK_EXIT = 322
# CURLOPT_SUPPRESS_CONNECT_HEADERS, also without a name: a proxy's answer is not taken for the server's.
SUPPRESS_CONNECT_HEADERS = 265
OPTIONS: Mapping[int, object] = {
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
    pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
    pycurl.FOLLOWLOCATION: 0,
    pycurl.FORBID_REUSE: 1,
    # An empty name keeps the environment's proxies out.
    pycurl.PROXY: "",
    pycurl.NOPROXY: "",
    SUPPRESS_CONNECT_HEADERS: 1,
    pycurl.NETRC: pycurl.NETRC_IGNORED,
    # Inflate an answer that comes compressed although the request asks for none.
    pycurl.ACCEPT_ENCODING: "",
    # Signals belong to the web server.
    pycurl.NOSIGNAL: 1,
    QUICK_EXIT: 1,
}

# libcurl would write the keys of its connections there, by which a recording can be read.
os.environ.pop("SSLKEYLOGFILE", None)


class UnusableAnswer(httpx2.RequestError):
    """The answer is not HTTP, cut short, too large, or compressed in an unknown way."""


class DirectClient(httpx2.Client):
    """
    What the SDK sends by: one transport and nothing around it, be it cookies, redirects, hooks or a log.

    `on_error` gets the beginning of an error's body. Only `doctor` shows it to its operator, for a text of our own.
    """

    def __init__(self, way_out: Mapping[int, object], on_error: Callable[[bytes], None] | None = None) -> None:
        self._direct = CurlTransport(way_out, on_error)
        super().__init__(transport=self._direct, trust_env=False)

    def build_request(self, method: str, url: httpx2.URL | str, **parts: Any) -> httpx2.Request:
        """Take the parts that the SDK gives, without what the client would add to them."""
        return httpx2.Request(
            method,
            _parsed(str(url)),
            params=parts["params"],
            headers=parts["headers"],
            stream=httpx2.ByteStream(parts["content"]),
            extensions={"timeout": httpx2.Timeout(parts["timeout"]).as_dict()},
        )

    def send(self, request: httpx2.Request, **_how: Any) -> httpx2.Response:
        response = self._direct.handle_request(request)
        response.request = request
        return response


@cache
def _parsed(url: str) -> httpx2.URL:
    """Parse the one address of the process once."""
    return httpx2.URL(url)


class CurlTransport(httpx2.BaseTransport):
    """Post or get over a connection of its own each time. Threads share nothing."""

    def __init__(self, way_out: Mapping[int, object], on_error: Callable[[bytes], None] | None) -> None:
        self._way_out = {**trusted_by_system(), **way_out}
        self._on_error = on_error

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """
        Send a request and return the answer, of an error only its beginning. Its `read` timeout bounds all of it.

        :raises httpx2.TimeoutException: the deadline passed
        :raises httpx2.ConnectError: no connection to the provider, or its certificate is not trusted
        :raises UnusableAnswer:
        """
        exchange = Exchange(request, self._way_out)
        try:
            response = exchange.run()
            if self._on_error and response.is_error:
                self._on_error(exchange.body)
            return response
        finally:
            exchange.close()


class Exchange:
    """
    One request and its answer.

    Its callbacks return less than they were given to end it. They must not raise: pycurl would print the exception.
    """

    def __init__(self, request: httpx2.Request, way_out: Mapping[int, object]) -> None:
        self._request = request
        self._body = bytearray()
        self._sockets: list[socket.socket] = []
        self._status = self._head_bytes = self._received_bytes = self._framings = 0
        self._is_connected = self._has_head = False
        self._curl = curl = pycurl.Curl()
        callbacks = {
            pycurl.OPENSOCKETFUNCTION: self._open_socket,
            pycurl.PREREQFUNCTION: self._may_send,
            pycurl.HEADERFUNCTION: self._take_line,
            pycurl.WRITEFUNCTION: self._take_body,
            # libcurl reports what it receives only if VERBOSE is set. Without this function it would print the request.
            pycurl.DEBUGFUNCTION: self._count,
            pycurl.VERBOSE: 1,
        }
        for option, value in {**OPTIONS, **way_out, **callbacks}.items():
            curl.setopt(option, value)

    def run(self) -> httpx2.Response:
        """:raises httpx2.RequestError: see `CurlTransport.handle_request`"""
        request, curl = self._request, self._curl
        seconds = request.extensions["timeout"]["read"]
        # libcurl would take 0 for no deadline.
        if seconds <= 0:
            raise httpx2.TimeoutException("deadline")
        self._ends_at = monotonic() + seconds
        curl.setopt(pycurl.TIMEOUT_MS, math.ceil(seconds * 1000))
        curl.setopt(pycurl.URL, str(request.url))
        curl.setopt(pycurl.HTTPHEADER, [b"%s: %s" % header for header in request.headers.raw] + [b"Expect:"])
        if request.method == "POST":
            curl.setopt(pycurl.POSTFIELDS, request.read())
        try:
            curl.perform()
        except pycurl.error as error:
            if not self._is_error:
                # libcurl's sentence may quote the provider, so only its number is kept.
                raise self._failure(error.args[0]) from None
        if self._is_error:
            # What a server says of its error may quote the customer's text. It goes no further than this.
            trouble = trouble_of(self._status, self.body)
            return httpx2.Response(self._status, extensions={"trouble": trouble})
        if not self._has_head or self._is_too_much:
            raise UnusableAnswer("cut short")
        return httpx2.Response(self._status, content=self.body)

    @property
    def body(self) -> bytes:
        return bytes(self._body)

    def close(self) -> None:
        self._curl.close()
        for each in self._sockets:
            each.close()

    def _failure(self, number: int | str) -> httpx2.RequestError:
        if number == pycurl.E_OPERATION_TIMEDOUT or monotonic() > self._ends_at:
            return httpx2.TimeoutException("deadline")
        return (UnusableAnswer if self._is_connected else httpx2.ConnectError)(f"libcurl {number}")

    @property
    def _is_error(self) -> bool:
        """Whether the status is one of an error, whose body may be cut short."""
        return self._has_head and self._status >= HTTPStatus.MULTIPLE_CHOICES

    @property
    def _is_too_much(self) -> bool:
        return self._received_bytes > RECEIVED_LIMIT_BYTES

    # ---- Callbacks

    def _open_socket(self, _purpose: int, address: "pycurl.CurlSockAddr") -> socket.socket | int:
        """libcurl gets a duplicate, so this one can be shut down at any time."""
        with suppress(OSError):
            self._sockets.append(socket.socket(address.family, address.socktype, address.protocol))
            # What has arrived is still read after the connection is shut, so little of it may wait.
            self._sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            return self._sockets[-1]
        return pycurl.SOCKET_BAD

    def _may_send(self, *_addresses: object) -> int:
        """
        Refuse an answer that comes before the question. Within TLS it looks like the server's own messages.

        libcurl asks once it is connected, through proxies and TLS, and has sent nothing of the question.
        """
        self._is_connected = True
        poll = select.poll()
        for each in self._sockets:
            poll.register(each, select.POLLIN)
        # A socket that found no connection has more than POLLIN.
        is_early = self._request.url.scheme == "http" and any(event == select.POLLIN for _, event in poll.poll(0))
        return pycurl.PREREQFUNC_ABORT if is_early else pycurl.PREREQFUNC_OK

    def _take_line(self, line: bytes) -> int:
        """Take a line of the head, of a head before it (1xx), or of a trailer."""
        self._head_bytes += len(line)
        is_valid = line.endswith(b"\r\n") and self._head_bytes <= HEAD_LIMIT_BYTES
        if not self._status:
            is_valid &= self._start_head(line)
        elif line == b"\r\n":
            self._end_head()
        else:
            is_valid &= self._take_field(line)
        is_redirect = self._is_error and self._status < HTTPStatus.BAD_REQUEST
        return len(line) if is_valid and not is_redirect else 0

    def _start_head(self, line: bytes) -> bool:
        found = STATUS_LINE.match(line)
        self._status, self._framings = int(found[1]) if found else 0, 0
        # After 101 the other side would speak another protocol.
        return self._status not in {0, HTTPStatus.SWITCHING_PROTOCOLS}

    def _take_field(self, line: bytes) -> bool:
        """Refuse what servers and clients are known to read in two ways: a name with a blank, and two framings."""
        found = FIELD_NAME.match(line)
        self._framings += found is not None and found[1].lower() in FRAMING
        return found is not None and self._framings <= 1

    def _end_head(self) -> None:
        """End a head, or the trailer after the answer. A head before the answer (1xx) is dropped."""
        self._has_head |= self._status >= HTTPStatus.OK
        if not self._has_head:
            self._status = 0

    def _take_body(self, data: bytes) -> int:
        limit = ERROR_LIMIT_BYTES if self._is_error else ANSWER_LIMIT_BYTES
        self._body += data[: limit + 1 - len(self._body)]
        return len(data) if len(self._body) <= limit else 0

    def _count(self, kind: int, data: bytes) -> None:
        """Shut the connection at the limits: OpenSSL reads messages of its own for as long as they come."""
        if kind in RECEIVED:
            self._received_bytes += len(data)
        if self._is_too_much or monotonic() > self._ends_at:
            for each in self._sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
