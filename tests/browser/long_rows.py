"""A row with long values, as companies have them, in each list of the admin."""

from datetime import UTC, datetime

from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from access.audit import AuditLine, Event, Way
from access.models import Account, ApiToken, Identity, Membership
from evals.models import EvalRun
from rotation.models import Credential, CredentialImport, CredentialOwner
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, insert
from tests.operators.reviewing import needs_review, review
from tickets.models import Ticket
from traces.codes import ErrorCode, Source
from traces.review_requests import ReviewRequest

PERSON = "maximiliane.schwarzenberger-hohenlohe@subsidiary.example.com"
ARN = "arn:aws:iam::123456789012:user/automation/billing-export"
SCOPE = "gcp:billing-export@northern-region-production-483211.iam.gserviceaccount.com"
COUNTS = {"added": 1234, "changed": 56789, "disabled": 1234, "unchanged": 104_857, "refused": 1024}
SUMMARY = (
    "The customer was charged twice for order A-102938 of 2026-11-28 and asks for a refund of the second payment to "
    "the card that was used, because the confirmation named one amount only."
)


def insert_long_rows() -> None:
    now = timezone.now()
    user = User.objects.create_user(PERSON, PERSON, first_name="Maximiliane", last_name="Schwarzenberger-Hohenlohe")
    group = Group.objects.create(name="Second line of support, northern region, nights")
    user.groups.add(group)
    user.user_permissions.add(Permission.objects.get(codename="change_credentialowner"))
    Membership.objects.create(user=user, account_id="acct_51170")
    Account.objects.create(
        account_id="acct_51170", name="Hydroelectric Infrastructure Maintenance Holding GmbH & Co. KG"
    )
    issuer, subject = "https://login.microsoftonline.example/4f6d2b8e-1c39-4f5e-9a0d-3f0b7c1d2e4f/v2.0", "a0" * 18
    Identity.objects.create(user=user, issuer=issuer, subject=subject)
    token = ApiToken(name="nightly-reconciliation-of-credentials@northern-region-production", created_by=user)
    token.issue([f"acct_{number}" for number in range(10_000, 10_020)])
    AuditLine.objects.create(event=Event.TOKEN_REVOKED, way=Way.ADMIN, token=token, by=user, user=user)
    AuditLine.objects.create(event=Event.RIGHT_GIVEN, way=Way.OIDC, user=user, right="is_superuser", by=user)
    record = {"account_id": "acct_51170", "kind": "service_account_key", "issued_on": "2026-01-02"}
    Credential.objects.create(**record, item=f"{ARN}/AKIA0123456789EXAMPLE", state="disabled", source=SCOPE)
    owner = "system:serviceaccount:payments-production:reconciliation-exporter"
    CredentialOwner.objects.create(source=SCOPE, owner=owner, account_id="acct_51170", kind="service_account_key")
    observed_at = datetime(2026, 11, 28, tzinfo=UTC)
    sources = {"sources": [SCOPE], "digests": ["0" * 64], "observed_at": observed_at}
    CredentialImport.objects.create(**COUNTS, **sources, imported_by=PERSON, format="azure-apps", imported_at=now)
    review(needs_review(), by=user)
    for submitter in (f"user:{user.pk}", token.submitter):
        asked = needs_review(submitter=submitter)
        ReviewRequest.objects.create(trace_id=asked.pk, workflow=asked.workflow, requested_at=now, note=SUMMARY)
    failed = {"error_code": ErrorCode.PROVIDER_RATE_LIMITED, "source": Source.BATCH, "provider": "azure-eu-north"}
    trace = insert(FAILED_ROW | failed)
    insert(COMPLETED_ROW | {"decision": "not_eligible"})
    Ticket.objects.create(trace_id=trace.pk, category="account", priority="urgent", summary=SUMMARY, created_at=now)
    EvalRun.objects.create(
        suite="rotations-of-the-northern-region", split="gate", prompt_version="rotation_decision@2",
        provider="openai", model="meta-llama/Llama-3.3-70B-Instruct-Turbo-Free-2026-11-30", gate_holds=False,
        whole_split=True, figures={"passed": 441, "measured": 500, "low": 0.85, "high": 0.907}, outcomes=[],
        started_at=now, finished_at=now,
    )  # fmt: skip
