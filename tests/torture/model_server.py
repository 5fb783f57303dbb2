"""The behaviour of the model's server that the real web servers ask."""

import random
import socket
from time import sleep

from tests.boundary.fault_server import completion, say_json
from tests.fakes import answer

SLOWEST_SECONDS = 0.06


def answer_slowly(connection: socket.socket) -> object:
    """Answer after a random delay, so that faults hit every stage of a decision."""
    sleep(random.uniform(0, SLOWEST_SECONDS))  # noqa: S311 - no secret
    return say_json(completion(answer()))(connection)
