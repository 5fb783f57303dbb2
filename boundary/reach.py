"""Can a provider be connected to at all? Connect as a question does, and send nothing."""

import math
import os
import socket
from contextlib import suppress

import httpx2
import pycurl

from boundary.transport import OPTIONS
from boundary.way_out import configured_way_out, trusted_by_system

PATIENCE_SECONDS = 3
HANG_UP_SECONDS, MOST_MESSAGES = 0.3, 10


def trouble_reaching(base_url: str, *, seconds: float = PATIENCE_SECONDS) -> str | None:
    """Connect and hang up; return what went wrong, or None."""
    curl = pycurl.Curl()
    try:
        for option, value in {**OPTIONS, **trusted_by_system(), **configured_way_out()}.items():
            curl.setopt(option, value)
        curl.setopt(pycurl.URL, str(httpx2.URL(base_url)))
        curl.setopt(pycurl.CONNECT_ONLY, 1)
        # The connection lives until the handle is closed.
        curl.setopt(pycurl.FORBID_REUSE, 0)
        curl.setopt(pycurl.TIMEOUT_MS, math.ceil(seconds * 1000))
        curl.perform()
        if base_url.startswith("https:") and _is_ended(curl.getinfo(pycurl.ACTIVESOCKET)):
            return "it ends the connection after TLS; does it want OPENAI_CLIENT_CERTIFICATE_FILE?"
    except pycurl.error as error:
        is_late = error.args[0] == pycurl.E_OPERATION_TIMEDOUT
        return f"{_step(curl)} within {seconds:g} s" if is_late else _step(curl)
    finally:
        curl.close()
    return None


def _is_ended(descriptor: int) -> bool:
    """Return whether the server hangs up. Under TLS 1.3 it judges a certificate only after it has shaken hands."""
    with socket.socket(fileno=os.dup(descriptor)) as peer, suppress(ConnectionError):
        peer.settimeout(HANG_UP_SECONDS)
        try:
            # The messages that TLS 1.3 sends first.
            return not all(peer.recv(4096) for _ in range(MOST_MESSAGES))
        except TimeoutError:
            return False
    return True


def _step(curl: pycurl.Curl) -> str:
    """Return the step that failed: the first for which libcurl measured no time."""
    if not curl.getinfo(pycurl.NAMELOOKUP_TIME):
        return "its name cannot be looked up"
    if not curl.getinfo(pycurl.CONNECT_TIME):
        return "it takes no connection"
    return "its TLS or its certificate fails"
