"""A connection to the server that can be cut and restored, as a real network can."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 65536


@dataclass
class Relay:
    """A relay on its own port. When it is cut, it closes open connections and refuses new ones."""

    server: tuple[str, int]
    port: int = 0
    drop_responses: bool = False
    _listener: socket.socket | None = None
    _ends: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def restore(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        if self._listener:
            # close() alone does not wake the thread that waits in accept().
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        while self._ends:
            end = self._ends.pop()
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                browser, _ = listener.accept()
                server = socket.create_connection(self.server)
                self._ends += [browser, server]
                threading.Thread(target=self._copy, args=(browser, server), daemon=True).start()
                threading.Thread(target=self._copy, args=(server, browser), kwargs={"back": True}, daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, *, back: bool = False) -> None:
        """Copy bytes in one direction until either side ends, then close both."""
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if back and self.drop_responses:
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def relay_to(url: str) -> Iterator[Relay]:
    relay = Relay(server=("127.0.0.1", int(url.rpartition(":")[2])))
    relay.restore()
    try:
        yield relay
    finally:
        relay.cut()
