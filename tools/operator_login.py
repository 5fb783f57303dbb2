"""Print the operator's login below the first lines of `make run`: `python -m tools.operator_login 8000`."""

import os
import sys
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from time import sleep

PAUSE_SECONDS = 0.2


def main(port: int) -> None:
    server = os.getppid()
    # If the server ends, this process gets another parent.
    while os.getppid() == server:
        if _answers(port):
            os.execl(sys.executable, sys.executable, "manage.py", "create_operator", "--skip-checks")  # noqa: S606 - ours
        sleep(PAUSE_SECONDS)


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        connection.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(int(sys.argv[1]))
