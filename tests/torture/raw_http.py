"""Raw bytes for a web server: requests that are broken somewhere, or valid but rare."""

from collections.abc import Iterator
from itertools import product

from tests.torture.bent_lines import (
    BODY,
    CHUNKED_BODIES,
    CODINGS,
    HEADERS,
    HOST,
    JSON,
    LENGTH,
    LENGTHS,
    METHODS,
    POST,
    TARGETS,
    VERSIONS,
)


def request(start: bytes = POST, *headers: bytes, body: bytes = BODY, end: bytes = b"\r\n") -> bytes:
    return end.join((start, *headers, b"", b"")) + body


def requests() -> Iterator[bytes]:
    """Yield requests that are broken somewhere, or valid but rare."""
    usual = (HOST, JSON, LENGTH)
    yield from (
        request(b" ".join((method, target, b"HTTP/1.1")), *usual) for method, target in product(METHODS, TARGETS)
    )
    yield from (request(b"POST /rotation/decide " + version, *usual) for version in VERSIONS)
    yield from (request(b"GET /healthz " + version, body=b"") for version in VERSIONS)
    for length in LENGTHS:
        yield request(POST, HOST, JSON, b"Content-Length: " + length)
        yield request(POST, *usual, b"Content-Length: " + length)
    for coding, body in product(CODINGS, CHUNKED_BODIES):
        yield request(POST, HOST, JSON, b"Transfer-Encoding: " + coding, body=body)
        yield request(POST, *usual, b"Transfer-Encoding: " + coding, body=body)
    for start, header in product((POST, b"GET /rotation/trace_%s HTTP/1.1" % (b"0" * 26)), HEADERS):
        yield request(start, *usual, header)
        yield request(start, header, *usual)
    yield from (request(POST, *usual, end=end) for end in (b"\n", b"\r", b"\n\r", b"\r\r\n"))
    yield from _cut_requests()


def _cut_requests() -> Iterator[bytes]:
    """Yield a request that is cut at every seventh byte, and bytes that are not HTTP."""
    whole = request(POST, HOST, JSON, LENGTH)
    yield from (whole[:end] for end in range(0, len(whole), 7))
    yield from (
        b"\r\n" * 50,
        b"\x00" * 5000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    )
    yield from (
        b"PROXY TCP4 1.1.1.1 1.1.1.1 1 2\r\n" + whole,
        b"A" * 100_000,
        whole * 3,
        whole[:-5] + whole,
        b"\xff" * 300,
    )
