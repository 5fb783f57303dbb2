"""Export which account each owner in a source is linked to, as `import_owners` reads it."""

from typing import Any

from django.core.management.base import BaseCommand

from rotation.management.commands.import_owners import COLUMNS
from rotation.models import CredentialOwner
from traces.exports import csv_lines


class Command(BaseCommand):
    help = f"Print the links of owners to accounts as a CSV with {', '.join(COLUMNS)}."

    def handle(self, **_options: Any) -> str:
        return "".join(csv_lines(CredentialOwner.objects.values(*COLUMNS), COLUMNS))
