"""The visitors of the admin, and how they sign in."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from access.audit import AuditLine
from access.models import Account, ApiToken, Identity, Membership
from decisions.registry import workflows
from decisions.workflow import ReviewWords
from evals.models import EvalRun
from operators.roles import roles
from rotation.models import Credential, CredentialImport, CredentialOwner
from rotation.words import REVIEW as ROTATION_REVIEW
from tests.conftest import Response
from tests.ledger.rows import closed_row
from tests.operators.reviewing import needs_review
from tests.operators.reviewing import operator as make_operator
from tests.thanks import workflow as thanks_module
from tests.thanks.workflow import THANKS
from tickets.models import Ticket
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest
from traces.reviews import Review

PASSWORD = "correct-horse-battery"
PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LOGIN = "/admin/login/"
OWNER = {"source": "aws:111111111111", "owner": "bot", "account_id": "acct_10234", "kind": "other"}
COUNTS = dict.fromkeys(("added", "changed", "disabled", "unchanged", "refused"), 0)
IMPORT = {"imported_by": "ada", "format": "aws", "sources": [], "digests": [], **COUNTS}
TICKET = {"category": "billing", "priority": "high", "summary": "Charged twice."}

Visitors = dict[str, Client]
Keys = dict[str, object]


class SignIn(Protocol):
    def __call__(
        self,
        name: str = ...,
        password: str = ...,
        *,
        client: Client | None = ...,
        address: str = ...,
        forwarded: str = ...,
        accept: str = ...,
    ) -> Response: ...


# `cannot_tell` means something else in rotation, `other` means the same.
THANKS_REVIEW = ReviewWords(
    reviewable="other",
    outcomes={"answered": "The letter was answered.", "cannot_tell": "The letter cannot be read."},
    reasons={"handwriting": "The handwriting is hard to read.", "other": ROTATION_REVIEW.reasons["other"]},
    other_reason="other",
)


@pytest.fixture
def reviewed_thanks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the third workflow words for reviews, and a role, for one test."""
    permissions = {"mail clerk": ("access.view_membership",)}
    monkeypatch.setattr(thanks_module, "THANKS", replace(THANKS, review=THANKS_REVIEW, permissions=permissions))
    workflows.cache_clear()
    yield
    workflows.cache_clear()


@pytest.fixture
def ada(db: None) -> User:
    """A reviewer who may not read requests."""
    return make_operator("ada")


@pytest.fixture
def trace(db: None) -> TraceRecord:
    """A trace that waits for its first review."""
    return needs_review()


@pytest.fixture
def visitors(db: None) -> Visitors:
    """A signed-in client for each kind of visitor."""
    users = {
        "plain user": User.objects.create_user("plain"),
        "staff": User.objects.create_user("staff", is_staff=True),
        **{role: User.objects.create_user(role, is_staff=True) for role in roles()},
        "superuser": User.objects.create_superuser("root"),
    }
    for role in roles():
        users[role].groups.add(Group.objects.get(name=role))
    clients = {name: Client() for name in users}
    for name, client in clients.items():
        client.force_login(users[name])
    return {"anonymous": Client(), **clients}


@pytest.fixture
def keys(credential: Credential) -> Keys:
    """Return the key of one object of each model in the admin, by section and name."""
    trace, now = closed_row(), timezone.now()
    figures = {"passed": 1, "measured": 1, "low": 0.2, "high": 1.0}
    names = {"suite": "rotations", "split": "gate", "provider": "openai", "prompt_version": "rotation_decision@1"}
    run = EvalRun(
        **names, gate_holds=True, whole_split=True, figures=figures, outcomes=[], started_at=now, finished_at=now
    )
    run.save()
    reviewer = User.objects.create_user("somebody who reviewed")
    review = Review(trace=trace, number=1, reviewer=reviewer, reviewed_at=now, outcome="cannot_tell", reason="other")
    review.save()
    token = ApiToken(name="a program")
    token.issue(["acct_10234"])
    return {
        "auth/user": User.objects.create_user("someone").pk,
        "auth/group": Group.objects.create(name="some group").pk,
        "access/account": Account.objects.create(account_id="acct_10234", name="Invoices").pk,
        "access/identity": Identity.objects.create(user=reviewer, issuer="https://issuer.test", subject="1").pk,
        "access/membership": Membership.objects.create(user=reviewer, account_id="acct_10234").pk,
        "access/apitoken": token.pk,
        "access/auditline": AuditLine.objects.latest("pk").pk,
        "traces/tracerecord": trace.pk,
        "traces/review": review.pk,
        "traces/reviewrequest": ReviewRequest.objects.create(
            trace_id=trace.pk, workflow=trace.workflow, requested_at=now
        ).pk,
        "rotation/credential": credential.pk,
        "rotation/credentialowner": CredentialOwner.objects.create(**OWNER).pk,
        "rotation/credentialimport": CredentialImport.objects.create(**IMPORT, imported_at=now, observed_at=now).pk,
        "tickets/ticket": Ticket.objects.create(**TICKET, trace_id=trace.pk, created_at=now).pk,
        "evals/evalrun": run.pk,
    }


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_user("ada", "ada.lovelace@example.test", PASSWORD, is_staff=True)


@pytest.fixture
def sign_in(operator: User) -> SignIn:
    """Send the login form, by default as `ada` from 192.0.2.1 in a fresh browser."""

    def send(
        name: str = "ada",
        password: str = PASSWORD,
        *,
        client: Client | None = None,
        address: str = "192.0.2.1",
        forwarded: str = "",
        accept: str = PAGE,
    ) -> Response:
        form = {"username": name, "password": password, "next": "/admin/"}
        headers = {"Accept": accept, "X-Forwarded-For": forwarded}
        return (client or Client()).post(LOGIN, form, REMOTE_ADDR=address, headers=headers)

    return send
