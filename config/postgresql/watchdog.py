"""Shut the connections of requests whose time is over: a frozen server would answer nothing, not even a cancel."""

import os
import socket
from contextlib import suppress
from threading import Lock, Thread
from time import monotonic, sleep

from psycopg import Connection, Error

PAUSE_SECONDS = 0.1


class Watchdog:
    """
    One thread for all connections of the process.

    It shuts the socket, so that what waits for the server fails at once. It never cancels: if a commit waited for
    another server, a cancel would make it a success that only this server knows.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._ends_at: dict[Connection, float] = {}
        self._thread: Thread | None = None

    def watch(self, connection: Connection, *, ends_at: float) -> None:
        """Shut the connection when `monotonic()` has passed `ends_at`, unless it is released before."""
        with self._lock:
            self._ends_at[connection] = ends_at
            if self._thread is None:
                self._thread = Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()

    def release(self, connection: Connection) -> None:
        with self._lock:
            self._ends_at.pop(connection, None)

    def _run(self) -> None:
        while True:
            sleep(PAUSE_SECONDS)
            now = monotonic()
            with self._lock:
                for connection in [each for each, ends_at in self._ends_at.items() if ends_at < now]:
                    del self._ends_at[connection]
                    _shut(connection)


def _shut(connection: Connection) -> None:
    with suppress(OSError, Error), socket.socket(fileno=os.dup(connection.fileno())) as peer:
        peer.shutdown(socket.SHUT_RDWR)
