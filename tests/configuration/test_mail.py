"""How mail leaves: by the server that is named, printed in development alone, and else not at all."""

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
def test_mail_is_printed_in_development_alone(exported: Exported, changes: dict[str, str], *, printed: bool) -> None:
    exported(changes)
    env = read_environment()

    assert prints_mail(env) == printed
    assert f"backends.{'console' if printed else 'smtp'}.EmailBackend" in str(mail_settings(env))


def test_a_server_is_used_as_it_is_named(exported: Exported) -> None:
    exported(SERVER)

    told = str(mail_settings(read_environment())).lower()

    for value in ("mail.example.test", "587", "decisions", "canary-7d1e", "use_ssl': true", "use_tls': false"):
        assert value in told


@pytest.mark.parametrize(("changes", "offered"), [({}, False), ({"HTTPS": "false"}, True), (SERVER, True)])
def test_a_reset_is_offered_where_a_mail_can_leave(changes: dict[str, str], *, offered: bool) -> None:
    told = manage("diffsettings", "--all", environment={**VALID, **changes}).stdout

    assert f"MAILS_PASSWORD_RESETS = {offered}" in told
