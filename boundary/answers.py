"""
HTTP/1.1 answers, read by llhttp, the parser of Node, in its strict mode: what is no HTTP to it is refused.

Its `on_` methods are named by httptools, which calls them.
"""

from http import HTTPStatus

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from boundary.sockets import UnusableAnswer

FRAMING = {b"content-length", b"transfer-encoding"}


class AnswerReader:
    """One answer after another, as they come over one connection."""

    # Of the answer, once its head is over; what comes in front of it (1xx) has none.
    status: int | None
    is_over: bool
    # Whether the connection may be asked again, once the answer is over.
    leaves_open: bool

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self.body = bytearray()
        self.forget()

    def forget(self) -> None:
        """Be done with an answer: the next one may come."""
        self.body.clear()
        self.is_over = self.leaves_open = False
        self._forget_head()

    def take(self, data: bytes) -> None:
        """
        Read on, or see the end of all data.

        :raises UnusableAnswer: it is no HTTP, or ends amid an answer
        """
        if not data:
            self._end()
            return
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self.leaves_open = False
            if not (self.is_over or self.is_error):
                raise UnusableAnswer("not HTTP") from None

    @property
    def is_error(self) -> bool:
        """Whether the status says it all, so that the body need not be one and is not kept."""
        return self.status is not None and self.status >= HTTPStatus.MULTIPLE_CHOICES

    def _end(self) -> None:
        """An answer that says nothing of its length ends with the connection."""
        if self.status is None or self._is_framed:
            raise UnusableAnswer("broken off")
        self.is_over = True

    def _forget_head(self) -> None:
        self.status = None
        self.is_encoded = self._is_framed = False

    def on_message_begin(self) -> None:
        if self.is_over:
            raise HttpParserError("nobody asked for more")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._is_framed |= name.lower() in FRAMING
        self.is_encoded |= name.lower() == b"content-encoding" and value.lower() != b"identity"

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        self.status = status if status >= HTTPStatus.OK else None

    def on_body(self, data: bytes) -> None:
        if self.status is None:
            raise HttpParserError("a body without an answer")
        if not self.is_error:
            self.body += data

    def on_message_complete(self) -> None:
        if self.status is None:
            self._forget_head()
            return
        self.is_over, self.leaves_open = True, self._parser.should_keep_alive()
