"""
Every problem for which a request is refused: the Refusal's code, its status, and when it occurs.

The published API description is generated from this list. A test compares it with every Refusal in the code.
"""

from http import HTTPStatus
from typing import NamedTuple


class Problem(NamedTuple):
    code: str
    status: HTTPStatus
    when: str


PROBLEMS = (
    Problem("bad_request", HTTPStatus.BAD_REQUEST, "the request cannot be read, or names a host that is not ours"),
    Problem("sign_in_required", HTTPStatus.UNAUTHORIZED, "members only: no token was sent and nobody is signed in"),
    Problem("invalid_token", HTTPStatus.UNAUTHORIZED, "the token is wrong, has expired or was revoked"),
    Problem("sign_in_required", HTTPStatus.FORBIDDEN, "members only: the same, told to a browser"),
    Problem("csrf_failed", HTTPStatus.FORBIDDEN, "a cookie of ours came along without its CSRF token"),
    Problem("forbidden", HTTPStatus.FORBIDDEN, "the signed-in user lacks the right"),
    Problem("not_found", HTTPStatus.NOT_FOUND, "nothing is there, or it is not the sender's to read"),
    Problem("method_not_allowed", HTTPStatus.METHOD_NOT_ALLOWED, "the address takes other methods, named in Allow"),
    Problem("not_acceptable", HTTPStatus.NOT_ACCEPTABLE, "neither JSON nor a page is accepted"),
    Problem("still_running", HTTPStatus.CONFLICT, "the same submission is still being decided"),
    Problem("no_result", HTTPStatus.CONFLICT, "there is no result that the sender could judge"),
    Problem("already_judged", HTTPStatus.CONFLICT, "the sender has already given another verdict"),
    Problem("not_reviewable", HTTPStatus.CONFLICT, "a person does not look at such a result"),
    Problem("already_reviewed", HTTPStatus.CONFLICT, "a person has looked at the result without being asked"),
    Problem("already_asked", HTTPStatus.CONFLICT, "the sender has asked a person before, and the note differs"),
    Problem("gone", HTTPStatus.GONE, "the request completed, and what it produced was deleted"),
    Problem("length_required", HTTPStatus.LENGTH_REQUIRED, "the body came without a Content-Length"),
    Problem("body_too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is over the limit of its address"),
    Problem("unsupported_media_type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body is not application/json"),
    Problem("invalid_body", HTTPStatus.UNPROCESSABLE_ENTITY, "fields or headers are at fault, each named in errors"),
    Problem("too_many_decisions", HTTPStatus.TOO_MANY_REQUESTS, "a limit on decisions in a time is reached"),
    Problem("too_many_logins", HTTPStatus.TOO_MANY_REQUESTS, "too many sign-ins failed"),
    Problem("too_many_tokens", HTTPStatus.TOO_MANY_REQUESTS, "too many tokens of the sender's address were refused"),
    Problem("internal_error", HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of ours"),
    Problem("ledger_unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "the database cannot be reached or written"),
    Problem("too_many_waiting", HTTPStatus.SERVICE_UNAVAILABLE, "all places of a process are taken"),
)


def problem_type(code: str) -> str:
    """Return the problem's `type` of RFC 9457, a URI that never changes."""
    return f"urn:problem-type:{code.replace('_', '-')}"
