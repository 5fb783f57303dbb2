"""Create a program's token."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from access.models import ACCOUNT_SHAPE, ApiToken


class Command(BaseCommand):
    help = (
        "Make a token for a program, which may ask about the named accounts alone. Its secret is printed this once and"
        " kept nowhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="which program holds it, and where; no two tokens share a name")
        parser.add_argument("--account", action="append", default=[], metavar="acct_…", help="may be given often")
        parser.add_argument("--expires", type=date.fromisoformat, metavar="YYYY-MM-DD", help="its last day, in UTC")

    def handle(self, *, name: str, account: list[str], expires: date | None, **_options: Any) -> str:
        token = ApiToken(name=name, expires_on=expires)
        try:
            for each in account:
                ACCOUNT_SHAPE(each)
            token.full_clean(exclude=["prefix", "digest", "created_by", "revoked_at"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        return f"Token of {name} (shown this once): {token.issue(sorted(set(account)))}"
