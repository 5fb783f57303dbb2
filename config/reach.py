"""Can a provider be connected to at all? Connect as the real client does, and say nothing to whoever answers."""

from boundary.deadline import total_deadline
from boundary.resolver import resolve
from boundary.sockets import connect, start_tls, tls_context

PATIENCE_SECONDS = 3


def trouble_reaching(host: str, port: int, *, tls: bool, seconds: float = PATIENCE_SECONDS) -> str | None:
    """Connect and hang up; return what went wrong, or None."""
    step = "its name cannot be looked up"
    try:
        with total_deadline(seconds):
            resolve(host, port)
            step = "it takes no connection"
            stream = connect(host, port)
            try:
                step = "its TLS or its certificate fails"
                stream = start_tls(stream, tls_context(), host) if tls else stream
            finally:
                stream.close()
    except TimeoutError:
        return f"{step} within {seconds:g} s"
    except OSError:
        return step
    return None
