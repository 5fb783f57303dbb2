"""Who may ask about which accounts: members, who sign in, and programs, which hold a token."""

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone

from access.tokens import PREFIX_LENGTH, digest_of, new_secret
from traces.identifiers import ACCOUNT_ID
from traces.models import TraceRecord

# That we hold a record of the account is not asked: records come and go.
ACCOUNT_SHAPE = RegexValidator(rf"^{ACCOUNT_ID}\Z", "An account id is acct_ and five digits.")
ACCOUNT_HELP = "acct_ and five digits, such as acct_10234."


class Membership(models.Model):
    """This user may ask about this account."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    account_id = models.CharField(max_length=10, validators=[ACCOUNT_SHAPE], help_text=ACCOUNT_HELP)

    class Meta:
        ordering = ("user__username", "account_id")
        constraints = [models.UniqueConstraint(fields=["user", "account_id"], name="access_one_membership_an_account")]

    def __str__(self) -> str:
        return f"{self.user} / {self.account_id}"


class ApiToken(models.Model):
    """A program's token. It is revoked and never deleted: traces name it, and its name stays taken."""

    name = models.CharField(max_length=80, unique=True, help_text="Which program holds it, and where.")
    prefix = models.CharField(max_length=PREFIX_LENGTH, help_text="How the token begins.")
    digest = models.CharField(max_length=64, unique=True)
    # None is the command line.
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_on = models.DateField(null=True, blank=True, help_text="The last day (UTC) on which it is taken, if any.")
    revoked_at = models.DateTimeField(null=True)

    # Known to whoever made it, and never again.
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
        """Save a new token for these accounts under a fresh secret; return the secret, which is kept nowhere."""
        self.secret = new_secret()
        self.prefix, self.digest = self.secret[:PREFIX_LENGTH], digest_of(self.secret)
        with transaction.atomic():
            self.save(force_insert=True)
            TokenAccount.objects.bulk_create(TokenAccount(token=self, account_id=each) for each in accounts)
        return self.secret

    def revoke(self, *, at: datetime) -> bool:
        """Take it back for good; whether it had not been before."""
        return bool(ApiToken.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=at))

    def state(self, *, on: date) -> str:
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_on and self.expires_on < on else "active"

    @property
    def submitter(self) -> str:
        """Its name in the ledger."""
        return f"token:{self.pk}"

    @property
    def last_used_at(self) -> datetime | None:
        """When its latest trace started; nothing is written for it."""
        traces = TraceRecord.objects.filter(submitter=self.submitter)
        return traces.order_by("-started_at").values_list("started_at", flat=True).first()


class TokenAccount(models.Model):
    """Whoever holds this token may ask about this account."""

    token = models.ForeignKey(ApiToken, on_delete=models.PROTECT, related_name="accounts")
    account_id = models.CharField(max_length=10, validators=[ACCOUNT_SHAPE], help_text=ACCOUNT_HELP)

    class Meta:
        ordering = ("account_id",)
        constraints = [models.UniqueConstraint(fields=["token", "account_id"], name="access_one_grant_an_account")]

    def __str__(self) -> str:
        return self.account_id
