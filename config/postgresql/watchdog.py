"""Shut the connections of requests whose time is over: a frozen server would answer nothing, not even a cancel."""

import os
import socket
from contextlib import suppress
from threading import Lock, Thread
from time import sleep

from psycopg import Connection, Error

from traces.deadlines import Clock

PAUSE_SECONDS = 0.1


class Watchdog:
    """
    One thread for all connections of the process.

    It shuts the socket, so that what waits for the server fails at once. It never cancels: if a commit waited for
    another server, a cancel would make it a success that only this server knows.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._clocks: dict[Connection, Clock] = {}
        self._thread: Thread | None = None

    def watch(self, connection: Connection, clock: Clock) -> None:
        """Shut the connection when the clock ends, unless it is released or the clock's request is over before."""
        with self._lock:
            self._clocks[connection] = clock
            if self._thread is None:
                thread = Thread(target=self._run, name="watchdog", daemon=True)
                thread.start()
                self._thread = thread

    def release(self, connection: Connection) -> None:
        with self._lock:
            self._clocks.pop(connection, None)

    def _run(self) -> None:
        while True:
            sleep(PAUSE_SECONDS)
            with self._lock:
                for connection, clock in list(self._clocks.items()):
                    if not clock.seconds_left:
                        del self._clocks[connection]
                        if clock.is_running:
                            _shut(connection)


def _shut(connection: Connection) -> None:
    with suppress(OSError, Error), socket.socket(fileno=os.dup(connection.fileno())) as peer:
        peer.shutdown(socket.SHUT_RDWR)
