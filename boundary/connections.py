"""
What is asked over a connection, and which connections are kept.

Nothing compressed is accepted, and no more than a fixed number of bytes is read, whatever a length, a chunk or a header
says.
"""

import select
from collections import deque
from threading import Lock
from time import monotonic

from boundary.answers import AnswerReader
from boundary.sockets import DeadlineSocket, UnusableAnswer

ANSWER_LIMIT_BYTES = 256 * 1024
HEAD_LIMIT_BYTES = 64 * 1024
KEPT_CONNECTIONS = 64
KEPT_SECONDS = 30


class Connection:
    """One connection, which can be asked again for as long as it is open."""

    kept_until: float

    def __init__(self, connected: DeadlineSocket) -> None:
        self._socket = connected
        self._answer = AnswerReader()
        self.is_open = True

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """
        Send a request and read its answer, of an error the status alone: a body not read cannot hold it up.

        The body stays nowhere here: a connection that is kept lies idle, and one that is closed waits for the garbage
        collector, because its reader and the parser know each other.

        :raises UnusableAnswer: what came is no answer, not a whole one, or more than is read
        """
        answer = self._answer
        try:
            self._socket.sendall(request)
            status = self._head(answer)
            if not answer.is_error:
                self._body(answer)
            if not answer.leaves_open:
                self.close()
            return status, bytes(answer.body)
        finally:
            answer.forget()

    def _head(self, answer: AnswerReader) -> int:
        self._socket.read_at_most(HEAD_LIMIT_BYTES)
        while answer.status is None:
            answer.take(self._socket.recv())
        return answer.status

    def _body(self, answer: AnswerReader) -> None:
        if answer.is_encoded:
            raise UnusableAnswer("content-encoding")
        self._socket.read_at_most(ANSWER_LIMIT_BYTES)
        while not answer.is_over:
            answer.take(self._socket.recv())

    def is_quiet(self) -> bool:
        """Tell whether the other side left it alone: it neither closed it nor said what nobody asked for."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        self.is_open = False
        self._socket.close()


class KeptConnections:
    """Connections that nobody uses, the latest used on top, for 30 seconds each."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: deque[Connection] = deque()

    def take(self) -> Connection | None:
        while connection := self._pop():
            if connection.kept_until > monotonic() and connection.is_quiet():
                return connection
            connection.close()
        return None

    def keep(self, connection: Connection) -> None:
        """Put one that is open on top, in the place of whichever has lain too long below."""
        if not connection.is_open:
            return
        connection.kept_until = monotonic() + KEPT_SECONDS
        with self._lock:
            self._idle.append(connection)
            oldest = self._idle[0]
            surplus = len(self._idle) > KEPT_CONNECTIONS or oldest.kept_until < monotonic()
            if surplus:
                self._idle.popleft()
        if surplus:
            oldest.close()

    def close(self) -> None:
        while connection := self._pop():
            connection.close()

    def _pop(self) -> Connection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None
