"""Mail is sent by the configured server, printed in demos only, and otherwise not sent."""

from runpy import run_path

import pytest

from config.environment import BASE_DIR, read_environment
from config.mail import mail_settings, prints_mail
from tests.configuration.conftest import Exported

pytestmark = pytest.mark.any_database

SERVER = {
    "EMAIL_HOST": "mail.example.test",
    "EMAIL_USER": "decisions",
    "EMAIL_PASSWORD": "canary-7d1e",
    "EMAIL_TLS": "implicit",
}


def test_mail_is_printed_in_demos_only(exported: Exported) -> None:
    for changes, backend in (
        ({}, "smtp"),
        ({"DEBUG": "true"}, "console"),
        ({"HTTPS": "false"}, "console"),
        (SERVER | {"DEBUG": "true"}, "smtp"),
    ):
        exported(changes)
        env = read_environment()
        assert prints_mail(env) == (backend == "console"), changes
        assert f"backends.{backend}.EmailBackend" in str(mail_settings(env)), changes


def test_the_configured_server_is_used(exported: Exported) -> None:
    exported(SERVER)

    settings = str(mail_settings(read_environment())).lower()

    for value in ("mail.example.test", "587", "decisions", "canary-7d1e", "use_ssl': true", "use_tls': false"):
        assert value in settings


def test_a_reset_is_offered_if_mail_can_be_sent(exported: Exported) -> None:
    for changes, offered in (({}, False), ({"HTTPS": "false"}, True), (SERVER, True)):
        exported(changes)
        assert run_path(str(BASE_DIR / "config/settings.py"))["MAILS_PASSWORD_RESETS"] is offered, changes
