"""The trusted records of credentials. Only our own clerks and systems write them, never a customer."""

from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils import timezone

from access.models import ACCOUNT_HELP, ACCOUNT_SHAPE
from rotation.contract import CredentialKind, CredentialState


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
    kind = models.CharField(max_length=32, choices=[(kind, kind.replace("_", " ")) for kind in CredentialKind])
    state = models.CharField(max_length=16, choices=[(state, state) for state in CredentialState])
    issued_on = models.DateField(help_text="The age that decides is whole days from this date to today, in UTC.")
    source = models.CharField(max_length=80, help_text="Where this record comes from.")
    observed_at = models.DateTimeField(default=timezone.now, help_text="When that source last said so.")

    class Meta:
        verbose_name = "credential record"
        ordering = ("account_id", "item")
        constraints = [
            models.UniqueConstraint(fields=["account_id", "item"], name="rotation_item_is_unique_in_account"),
            models.CheckConstraint(name="rotation_kind_is_known", condition=models.Q(kind__in=list(CredentialKind))),
            models.CheckConstraint(name="rotation_state_is_known", condition=models.Q(state__in=list(CredentialState))),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} / {self.item}"

    def clean(self) -> None:
        if self.issued_on and self.issued_on > timezone.now().date():
            raise ValidationError({"issued_on": "A credential cannot have been issued after today (UTC)."})
