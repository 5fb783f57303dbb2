"""The model's server that the real web servers ask."""

import json
import random
from time import sleep

from tests.boundary.fault_server import Behaviour, Request, completion, say_json
from tests.fakes import answer
from tests.tickets.conftest import ANSWER

SLOWEST_SECONDS = 0.06
ANSWERS = {"rotation_decision": answer(), "ticket_extract": json.dumps(ANSWER)}


def answer_slowly(request: Request, slowest_seconds: float = SLOWEST_SECONDS) -> Behaviour:
    """Answer as each workflow's prompt asks, after a random delay, so that faults hit every stage of a request."""
    sleep(random.uniform(0, slowest_seconds))  # noqa: S311 - no secret
    return say_json(completion(ANSWERS[request.json["response_format"]["json_schema"]["name"]]))
