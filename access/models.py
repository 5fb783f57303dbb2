"""Which accounts a member (a signed-in user) or a program (the holder of a token) may ask about."""

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone

from access.audit import Event, record
from access.sessions import UserSession
from access.tokens import PREFIX_LENGTH, digest_of, new_secret
from traces.identifiers import ACCOUNT_ID
from traces.models import TraceRecord

__all__ = ["ACCOUNT_HELP", "ACCOUNT_SHAPE", "ApiToken", "Identity", "Membership", "TokenAccount", "UserSession"]

ACCOUNT_SHAPE = RegexValidator(rf"^{ACCOUNT_ID}\Z", "An account id is acct_ and five digits.")
ACCOUNT_HELP = "acct_ and five digits, such as acct_10234."


class Account(models.Model):
    """The name of an account, for people. An account needs none: all else refers to its id."""

    account_id = models.CharField(max_length=10, unique=True, validators=[ACCOUNT_SHAPE], help_text=ACCOUNT_HELP)
    name = models.CharField(max_length=160, help_text="What its members call it.")

    class Meta:
        ordering = ("account_id",)

    def __str__(self) -> str:
        return f"{self.account_id} / {self.name}"


class Membership(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    account_id = models.CharField(max_length=10, validators=[ACCOUNT_SHAPE], help_text=ACCOUNT_HELP)

    class Meta:
        ordering = ("user__username", "account_id")
        constraints = [models.UniqueConstraint(fields=["user", "account_id"], name="access_one_membership_an_account")]

    def __str__(self) -> str:
        return f"{self.user} / {self.account_id}"


class Identity(models.Model):
    """Who a user is at the issuer of single sign-on. A name or a mail address alone never leads to a user."""

    # Without a constraint, the release before can still delete users after a rollback.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False)
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255, help_text="The issuer's id of the user: the claim `sub`.")

    class Meta:
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="access_one_user_an_identity")]

    def __str__(self) -> str:
        return f"{self.user} / {self.subject}"


class ApiToken(models.Model):
    """A program's token. It is revoked, never deleted, because traces refer to it. Its name cannot be used again."""

    name = models.CharField(max_length=80, unique=True, help_text="Which program holds it, and where.")
    prefix = models.CharField(max_length=PREFIX_LENGTH, help_text="How the token begins.")
    digest = models.CharField(max_length=64, unique=True)
    # None where the command line created it.
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_on = models.DateField(null=True, blank=True, help_text="The last day (UTC) on which it is taken, if any.")
    revoked_at = models.DateTimeField(null=True)

    # Set only on the object that `issue` was called on. The database holds the digest alone.
    secret: str | None = None

    class Meta:
        verbose_name = "API token"
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def clean(self) -> None:
        if self.expires_on and self.expires_on < timezone.now().date():
            raise ValidationError({"expires_on": "This day is over."})

    def issue(self, accounts: Iterable[str]) -> str:
        """Save the token with a new secret for these accounts. Return the secret, which is not stored."""
        self.secret = new_secret()
        self.prefix, self.digest = self.secret[:PREFIX_LENGTH], digest_of(self.secret)
        with transaction.atomic():
            self.save(force_insert=True)
            TokenAccount.objects.bulk_create(TokenAccount(token=self, account_id=account) for account in accounts)
            record(Event.TOKEN_MADE, token_id=self.pk)
        return self.secret

    def revoke(self, *, at: datetime) -> bool:
        """Revoke the token for good. Return False if it was revoked before."""
        with transaction.atomic():
            if was_valid := bool(ApiToken.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=at)):
                record(Event.TOKEN_REVOKED, token_id=self.pk)
        return was_valid

    def state(self, *, on: date) -> str:
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_on and self.expires_on < on else "active"

    @property
    def submitter(self) -> str:
        return f"token:{self.pk}"

    @property
    def last_used_at(self) -> datetime | None:
        """Return when its latest trace started. No column is updated on use."""
        traces = TraceRecord.objects.filter(submitter=self.submitter)
        return traces.order_by("-started_at").values_list("started_at", flat=True).first()


class TokenAccount(models.Model):
    token = models.ForeignKey(ApiToken, on_delete=models.PROTECT, related_name="accounts")
    account_id = models.CharField(max_length=10, validators=[ACCOUNT_SHAPE], help_text=ACCOUNT_HELP)

    class Meta:
        ordering = ("account_id",)
        constraints = [models.UniqueConstraint(fields=["token", "account_id"], name="access_one_grant_an_account")]

    def __str__(self) -> str:
        return self.account_id
