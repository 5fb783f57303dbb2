"""Say why the demo cannot listen on PORT, before anything is installed: `PORT=8000 python -m tools.port`."""

import os
import socket
import sys

LAST_PORT = 65_535


def main() -> None:
    port = os.environ["PORT"]
    if not (port.isascii() and port.isdigit() and len(port) <= len(str(LAST_PORT)) and 0 < int(port) <= LAST_PORT):
        sys.exit(f"PORT must be a number from 1 to {LAST_PORT}, such as: make run PORT=8001")
    try:
        socket.create_server(("127.0.0.1", int(port))).close()
    except PermissionError:
        sys.exit(f"Port {port} is not for this user. Choose one above 1023: make run PORT=8001")
    except OSError:
        other = 8002 if port == "8001" else 8001
        sys.exit(f"Port {port} is taken. Stop what listens there, or choose another: make run PORT={other}")


if __name__ == "__main__":
    main()
