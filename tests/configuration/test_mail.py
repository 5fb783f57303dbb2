"""Mail is sent by the configured server, printed in demos only, and otherwise not sent."""

import pytest

from config.environment import read_environment
from config.mail import mail_settings, prints_mail
from tests.configuration.conftest import VALID, Exported, manage

pytestmark = pytest.mark.any_database

SERVER = {
    "EMAIL_HOST": "mail.example.test",
    "EMAIL_USER": "decisions",
    "EMAIL_PASSWORD": "canary-7d1e",
    "EMAIL_TLS": "implicit",
}


@pytest.mark.parametrize(
    ("changes", "printed"),
    [({}, False), ({"DEBUG": "true"}, True), ({"HTTPS": "false"}, True), (SERVER | {"DEBUG": "true"}, False)],
    ids=["production", "debug", "demo", "server"],
)
def test_mail_is_printed_in_demos_only(exported: Exported, changes: dict[str, str], *, printed: bool) -> None:
    exported(changes)
    env = read_environment()

    assert prints_mail(env) == printed
    assert f"backends.{'console' if printed else 'smtp'}.EmailBackend" in str(mail_settings(env))


def test_the_configured_server_is_used(exported: Exported) -> None:
    exported(SERVER)

    settings = str(mail_settings(read_environment())).lower()

    for value in ("mail.example.test", "587", "decisions", "canary-7d1e", "use_ssl': true", "use_tls': false"):
        assert value in settings


@pytest.mark.parametrize(("changes", "offered"), [({}, False), ({"HTTPS": "false"}, True), (SERVER, True)])
def test_a_reset_is_offered_if_mail_can_be_sent(changes: dict[str, str], *, offered: bool) -> None:
    settings = manage("diffsettings", "--all", environment={**VALID, **changes}).stdout

    assert f"MAILS_PASSWORD_RESETS = {offered}" in settings
