"""Remove the second factor of somebody who lost it."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.second_factor import remove_second_factor


class Command(BaseCommand):
    help = "Remove a user's second factor and end their sessions. They set a new one up at the next sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER")

    def handle(self, user: str, **_options: Any) -> str:
        found = User.objects.filter(username=user).first()
        if not found:
            raise CommandError("There is no user of that name.")
        return "Removed." if remove_second_factor(found) else "This user has no second factor."
