"""Free ports for servers that a test starts by a command and that cannot choose a port themselves."""

import secrets
import socket
from contextlib import suppress

# Below the ports of outgoing connections, which could take a port before the server does.
PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Return a random free port, because several test runs may choose at the same time."""
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
