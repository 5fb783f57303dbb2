"""A web server's worker that loses nobody when it is told to stop."""

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]


class DrainingWorker(ThreadWorker):  # type: ignore[misc] # it has no types
    """
    Once told to stop, take who already waits at the door, and shut it.

    gunicorn's own leaves the door open, with nobody at it, until its last request has ended: who comes meanwhile is cut
    off without an answer. Refused at once, a proxy asks another machine instead.
    """

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
