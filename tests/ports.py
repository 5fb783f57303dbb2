"""Ports for servers that a test starts by a command, which cannot be told to take any that is free."""

import secrets
import socket
from contextlib import suppress

# Below those that Linux and others give to connections going out: one of these could take it before the server does.
PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Draw one that nobody listens at; by chance, for several test runs draw at a time."""
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
