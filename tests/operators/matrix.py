"""
The answer of every address of the admin to each visitor, for GET and POST.

`login` is a redirect to the login page; any other answer is a status. The visitors are in this order: anonymous,
plain user, staff without a role, operator, reviewer, records clerk, engineer, ticket reader, people administrator,
superuser.
"""

from dataclasses import dataclass

ROLES = ("operator", "reviewer", "records clerk", "engineer", "ticket reader", "people administrator")
VISITORS = ("anonymous", "plain user", "staff", *ROLES, "superuser")


@dataclass(frozen=True)
class Answers:
    """The answers to each visitor, in the order of VISITORS. The POST sends nothing that any form would save."""

    get: str
    post: str


# The rights of the roles.
ANYONE = "200 200 200 200 200 200 200 200 200 200"
STAFF = "login login 200 200 200 200 200 200 200 200"
TRACES = "login login 403 200 200 403 200 403 403 200"
RECORDS = "login login 403 200 403 200 403 403 403 200"
CLERKS = "login login 403 403 403 200 403 403 403 200"
EVALS = "login login 403 403 403 403 200 403 403 200"
TICKETS = "login login 403 403 403 403 403 200 403 200"
REVIEWS = "login login 403 200 200 403 403 403 403 200"
REQUESTS = "login login 403 403 200 403 403 403 403 200"
PEOPLE = "login login 403 403 403 403 403 403 200 200"
CLERKS_AND_PEOPLE = "login login 403 403 403 200 403 403 200 200"
SUPERUSERS = "login login 403 403 403 403 403 403 403 200"
NOBODY = "login login 403 403 403 403 403 403 403 403"
# Answers that are not about a right.
MOVED = "login login 302 302 302 302 302 302 302 302"
NOT_FOUND = "login login 404 404 404 404 404 404 404 404"
NOT_ALLOWED = "login login 405 405 405 405 405 405 405 405"
# Deleting redirects when it is done.
DELETED = "login login 403 403 403 403 403 403 403 302"


def section(answers: str) -> Answers:
    """Return the answers of a section of the index: it is not found by users who may read nothing in it."""
    return Answers(*[answers.replace("403", "404")] * 2)


def model(
    place: str, *, read: str, add: str = NOBODY, change: str = NOBODY, delete: str = NOBODY, deleted: str = NOBODY
) -> dict[str, Answers]:
    """Return the six addresses of a model. `change` and `deleted` are the answers to POST."""
    return {
        place: Answers(read, read),
        f"{place}add/": Answers(add, add),
        f"{place}<path:object_id>/": Answers(MOVED, MOVED),
        f"{place}<path:object_id>/history/": Answers(read, read),
        f"{place}<path:object_id>/change/": Answers(read, change),
        f"{place}<path:object_id>/delete/": Answers(delete, deleted),
    }


MATRIX = {
    "admin/": Answers(STAFF, STAFF),
    "admin/login/": Answers("200 200 302 302 302 302 302 302 302 302", ANYONE),
    "admin/logout/": Answers("302 302 405 405 405 405 405 405 405 405", "302 302 200 200 200 200 200 200 200 200"),
    "admin/password_change/": Answers(MOVED, MOVED),
    "admin/password_change/done/": Answers(STAFF, NOT_ALLOWED),
    "admin/autocomplete/": Answers(NOT_FOUND, NOT_FOUND),
    "admin/jsi18n/": Answers(STAFF, NOT_ALLOWED),
    "admin/r/<path:content_type_id>/<path:object_id>/": Answers(NOT_FOUND, NOT_FOUND),
    "admin/nowhere/": Answers(NOT_FOUND, NOT_FOUND),
    "admin/auth/": section(PEOPLE),
    "admin/auth/user/<id>/password/": Answers(SUPERUSERS, SUPERUSERS),
    **model("admin/auth/user/", read=PEOPLE, add=PEOPLE, change=PEOPLE, delete=SUPERUSERS, deleted=DELETED),
    **model(
        "admin/auth/group/", read=SUPERUSERS, add=SUPERUSERS, change=SUPERUSERS, delete=SUPERUSERS, deleted=DELETED
    ),
    "admin/access/": section(CLERKS_AND_PEOPLE),
    **model("admin/access/account/", read=CLERKS, add=CLERKS, change=CLERKS, delete=SUPERUSERS, deleted=DELETED),
    **model("admin/access/membership/", read=PEOPLE, add=PEOPLE, delete=PEOPLE, deleted=PEOPLE.replace("200", "302")),
    **model(
        "admin/access/identity/", read=SUPERUSERS, add=SUPERUSERS, change=SUPERUSERS, delete=SUPERUSERS, deleted=DELETED
    ),
    **model("admin/access/apitoken/", read=SUPERUSERS, add=SUPERUSERS),
    **model("admin/access/auditline/", read=SUPERUSERS),
    "admin/runbook/": Answers(TRACES, NOT_ALLOWED),
    "admin/traces/": section(TRACES),
    "admin/traces/overview/": Answers(MOVED, MOVED),
    **model("admin/traces/tracerecord/", read=TRACES),
    **model("admin/traces/review/", read=REVIEWS),
    **model("admin/traces/reviewrequest/", read=REQUESTS),
    "admin/rotation/": section(RECORDS),
    **model("admin/rotation/credential/", read=RECORDS, add=CLERKS, change=CLERKS, delete=SUPERUSERS, deleted=DELETED),
    # The form lacks its files.
    "admin/rotation/credential/import/": Answers(CLERKS, CLERKS.replace("200", "422")),
    **model(
        "admin/rotation/credentialowner/", read=CLERKS, add=CLERKS, change=CLERKS, delete=SUPERUSERS, deleted=DELETED
    ),
    **model("admin/rotation/credentialimport/", read=CLERKS),
    "admin/tickets/": section(TICKETS),
    **model("admin/tickets/ticket/", read=TICKETS),
    "admin/evals/": section(EVALS),
    **model("admin/evals/evalrun/", read=EVALS),
}
# Without a trace to review the form redirects to the queue.
MATRIX["admin/traces/review/add/"] = Answers(*["login login 403 403 302 403 403 403 403 302"] * 2)
