"""Make the first operator's login."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

NAME = "operator"


class Command(BaseCommand):
    help = "Create a login for the admin with a random password, printed once, unless somebody can sign in already."

    def handle(self, **_options: Any) -> str:
        users = get_user_model().objects
        if users.filter(is_staff=True, is_active=True).exists():
            return "An operator login exists."
        password = secrets.token_urlsafe(12)
        users.create_superuser(NAME, password=password)
        return f"Operator login: {NAME}   password (shown this once): {password}"
