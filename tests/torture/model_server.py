"""How the model behaves that the real web servers ask."""

import random
import socket
from time import sleep

from tests.boundary.fault_server import completion, say_json
from tests.fakes import answer

SLOWEST_SECONDS = 0.06


def answering_slowly(connection: socket.socket) -> object:
    """Answer after a random while, so that whatever happens meanwhile happens at every stage of a decision."""
    sleep(random.uniform(0, SLOWEST_SECONDS))  # noqa: S311 - no secret
    return say_json(completion(answer()))(connection)
