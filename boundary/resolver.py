"""
Look names up within the deadline.

The system's resolver cannot be told to stop, so it runs in a thread of its own. A look-up that outlives its deadline
keeps one of a few places until the system gives up; that is the only thing of a call that may stay behind.
"""

import socket
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread

from boundary.deadline import seconds_left

_places = BoundedSemaphore(8)


class UnknownName(OSError):
    """A name has no address."""


def resolve(host: str, port: int) -> list[str]:
    """
    Return the addresses of a name, best first.

    :raises TimeoutError: the deadline passed first
    :raises UnknownName: nobody knows it, or it cannot be looked up
    """
    if not _places.acquire(timeout=seconds_left()):
        raise TimeoutError
    found: SimpleQueue[list[str] | None] = SimpleQueue()
    try:
        Thread(target=_look_up, args=(host, port, found), daemon=True, name="resolver").start()
    except RuntimeError:
        # The system has no thread to give, so nobody will give the place back.
        _places.release()
        raise UnknownName from None
    try:
        addresses = found.get(timeout=seconds_left())
    except Empty:
        raise TimeoutError from None
    if not addresses:
        raise UnknownName
    return addresses


def _look_up(host: str, port: int, found: "SimpleQueue[list[str] | None]") -> None:
    try:
        found.put([str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
    except (OSError, UnicodeError):
        found.put(None)
    finally:
        _places.release()
