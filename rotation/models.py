"""The trusted records of credentials. Only our own clerks and systems write them, never a customer."""

from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils import timezone

from access.models import ACCOUNT_HELP, ACCOUNT_SHAPE
from rotation.contract import UNKNOWN_DAY, CredentialKind, CredentialState

KINDS = [(kind, kind.replace("_", " ")) for kind in CredentialKind]


class Credential(models.Model):
    """One credential of one account."""

    account_id = models.CharField(
        max_length=10,
        validators=[ACCOUNT_SHAPE],
        help_text=ACCOUNT_HELP,
    )
    item = models.CharField(
        max_length=80, validators=[MinLengthValidator(3)], help_text="A label, unique within the account."
    )
    kind = models.CharField(max_length=32, choices=KINDS)
    state = models.CharField(max_length=16, choices=[(state, state) for state in CredentialState])
    issued_on = models.DateField(
        blank=True,
        help_text="The age that decides is whole days from this date to today, in UTC. Empty only if it is not known.",
    )
    issued_on_known = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Whether the source tells the issue day. If not, the day means nothing.",
    )
    source = models.CharField(max_length=160, help_text="Where this record comes from.")
    observed_at = models.DateTimeField(default=timezone.now, help_text="When that source last said so.")
    gone = models.BooleanField(
        default=False, db_default=False, help_text="The last full snapshot of its source no longer names it."
    )

    class Meta:
        verbose_name = "credential record"
        ordering = ("account_id", "item")
        indexes = [models.Index(fields=["source", "observed_at"], name="rotation_by_source")]
        constraints = [
            models.UniqueConstraint(fields=["account_id", "item"], name="rotation_item_is_unique_in_account"),
            models.CheckConstraint(name="rotation_kind_is_known", condition=models.Q(kind__in=list(CredentialKind))),
            models.CheckConstraint(name="rotation_state_is_known", condition=models.Q(state__in=list(CredentialState))),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} / {self.item}"

    def clean(self) -> None:
        """Refuse what the database refuses, and the future. Store an issue day that is left empty as unknown."""
        self.gone = self.gone and self.state == CredentialState.DISABLED
        now, faults = timezone.now(), {}
        self.issued_on = self.issued_on or UNKNOWN_DAY
        if self.issued_on_known == (self.issued_on == UNKNOWN_DAY):
            faults["issued_on"] = "Enter the day and check that it is known, or do neither."
        elif self.issued_on > now.date():
            faults["issued_on"] = "A credential cannot have been issued after today (UTC)."
        if self.observed_at and self.observed_at > now:
            faults["observed_at"] = "A record cannot have been observed later than now."
        elif self.observed_at and not faults and self.issued_on > self.observed_at.date():
            faults["observed_at"] = "The credential was issued after this day (UTC)."
        if faults:
            raise ValidationError(faults)


class CredentialOwner(models.Model):
    """The link from an owner in a source, such as a cloud user, to our account and the kind of its credentials."""

    source = models.CharField(max_length=160, help_text="The format and its scope, such as aws:123456789012.")
    owner = models.CharField(max_length=160, help_text="Who holds the credentials there, as the source names them.")
    account_id = models.CharField(max_length=10, validators=[ACCOUNT_SHAPE], help_text=ACCOUNT_HELP)
    kind = models.CharField(max_length=32, choices=KINDS)

    class Meta:
        verbose_name = "owner of credentials"
        verbose_name_plural = "owners of credentials"
        ordering = ("source", "owner")
        constraints = [models.UniqueConstraint(fields=["source", "owner"], name="rotation_one_link_an_owner")]

    def __str__(self) -> str:
        return f"{self.source} / {self.owner}"


class CredentialImport(models.Model):
    """One finished import of an inventory: who, when, from what, and how many records it changed."""

    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=150)
    format = models.CharField(max_length=20)
    sources = models.JSONField(help_text="The scopes that the files describe.")
    digests = models.JSONField(help_text="The SHA-256 of each file.")
    observed_at = models.DateTimeField(help_text="The time of the latest observation in the files.")
    added = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    disabled = models.PositiveIntegerField(help_text="Records that the files no longer name.")
    unchanged = models.PositiveIntegerField()
    refused = models.PositiveIntegerField(help_text="Lines that were left out.")

    class Meta:
        verbose_name = "import of credentials"
        verbose_name_plural = "imports of credentials"
        ordering = ("-imported_at", "-pk")

    def __str__(self) -> str:
        return f"{self.format}, {self.imported_at:%Y-%m-%d %H:%M:%S} UTC"
