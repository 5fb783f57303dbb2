"""The worker and the log of gunicorn, as gunicorn.conf.py names them."""

import signal
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]


class DrainingWorker(ThreadWorker):  # type: ignore[misc] # it has no types
    """
    On a signal to stop, accept the connections in the queue, then close the listener.

    gunicorn's own worker keeps the listener open without accepting until its last request has ended. A client that
    connects meanwhile is cut off without an answer. If it is refused at once, a proxy asks another machine instead.

    gunicorn promises nothing about the methods below, and has no hooks for this. tests/configuration/test_draining.py
    and tests/torture/test_malformed_http.py hold what they do, and pyproject.toml the minor version of gunicorn.
    """

    def init_signals(self) -> None:
        """Leave Ctrl-C to the arbiter: a worker that gets it and the arbiter's own signal at once can deadlock."""
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def handle(self, conn: TConn) -> object:
        """
        Close a connection in the thread of its request.

        gunicorn's own worker does it in the one thread that serves all clients. That thread then waits up to two
        seconds for a client that keeps its end open.
        """
        keeps_open: object = super().handle(conn)
        if not keeps_open:
            conn.close(graceful=True)
            conn.close = _already_closed
        return keeps_open

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn calls it so
        super().set_accept_enabled(enabled)
        while self.sockets and not (enabled or self.alive):
            listener, accepted = self.sockets.pop(), -1
            while accepted != self.nr_conns:
                accepted = self.nr_conns
                self.accept(listener)
            listener.close()


def _already_closed(*, graceful: bool = False) -> None:
    """Do nothing in place of the close that gunicorn calls later, when it counts the connection as ended."""


class ServerLog(Logger):  # type: ignore[misc] # it has no types
    """Write no access line, as gunicorn would with a `logconfig_dict`: config/access_log.py writes one."""

    def access(self, *_request: Any) -> None:
        pass
