"""A web server's worker that loses nobody when it is told to stop."""

import signal

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]


class DrainingWorker(ThreadWorker):  # type: ignore[misc] # it has no types
    """
    Once told to stop, take who already waits at the door, and shut it.

    gunicorn's own leaves the door open, with nobody at it, until its last request has ended: who comes meanwhile is cut
    off without an answer. Refused at once, a proxy asks another machine instead.
    """

    def init_signals(self) -> None:
        """
        Leave Ctrl-C to the arbiter, from before the application is loaded.

        A worker that is hit by it and by the arbiter's own signal at once can lock up for good.
        """
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def handle(self, conn: TConn) -> object:
        """
        Hang up in the thread of the request.

        gunicorn's own does it in the one thread that serves everybody, which then waits up to two seconds for a client
        that keeps its end open.
        """
        stays: object = super().handle(conn)
        if not stays:
            conn.close(graceful=True)
            conn.close = _closed
        return stays

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn calls it so
        super().set_accept_enabled(enabled)
        if not (enabled or self.alive):
            self._shut_the_door()

    def _shut_the_door(self) -> None:
        while self.sockets:
            listener, taken = self.sockets.pop(), -1
            while taken != self.nr_conns:
                taken = self.nr_conns
                self.accept(listener)
            listener.close()


def _closed(*, graceful: bool = False) -> None:
    """Be told to close what has been closed, which counts a connection off."""
