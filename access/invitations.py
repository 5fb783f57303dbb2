"""Mails that invite users to set their first password."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

logger = logging.getLogger(__name__)
INVITATION_DAYS = 7


class InvitationTokens(PasswordResetTokenGenerator):
    """Make tokens for the page of a reset. They are dated ahead, so that its age limit ends after INVITATION_DAYS."""

    def _now(self) -> datetime:
        return datetime.now() + timedelta(days=INVITATION_DAYS, seconds=-settings.PASSWORD_RESET_TIMEOUT)  # noqa: DTZ005 - as Django's


def can_be_invited(user: User) -> bool:
    return bool(user.is_active and user.email and not user.has_usable_password())


def invite(users: Iterable[User]) -> list[User]:
    """Mail each user a link that sets a password once. Return those whose mail could not be sent."""
    return [user for user in users if not _send(user)]


def _send(user: User) -> bool:
    context: dict[str, Any] = {
        "user": user,
        "uid": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": InvitationTokens().make_token(user),
        "days": INVITATION_DAYS,
        "site_address": settings.SITE_ADDRESS,
    }
    try:
        send_mail(
            render_to_string("access/invitation_subject.txt").strip(),
            render_to_string("access/invitation_mail.txt", context),
            None,
            [user.email],
        )
    except OSError as fault:
        logger.error("An invitation could not be sent: user_id=%s %s", user.pk, type(fault).__name__)  # noqa: TRY400
        return False
    return True
