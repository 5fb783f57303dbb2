"""Create the first operator's login."""

import secrets
import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db.models import Q

NAME = "operator"


class Command(BaseCommand):
    help = "Create a login for the admin with a random password, printed once, unless there is one."

    def handle(self, **_options: Any) -> str:
        users = get_user_model().objects
        found = users.filter(Q(is_staff=True, is_active=True) | Q(username=NAME))
        if known := found.order_by("-is_superuser", "pk").first():
            name = known.get_username()
            return f"Operator login: {name}   new password: {sys.executable} manage.py changepassword {name}"
        password = secrets.token_urlsafe(12)
        users.create_superuser(NAME, password=password)
        return f"Operator login: {NAME}   password (shown this once): {password}"
