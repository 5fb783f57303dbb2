"""How mail leaves, under the names that this Django reads: links to reset a password, and nothing else."""

from typing import Any

import django

from config.environment import Environment

TIMEOUT_SECONDS = 10


def prints_mail(env: Environment) -> bool:
    """Whether mail goes to the console, for demos alone: whoever reads the link there can set the password."""
    return not env.email_host and (env.debug or not env.https)


def mail_settings(env: Environment) -> dict[str, Any]:
    """Give Django its settings; without a server it is not asked to send."""
    printed = prints_mail(env)
    backend = f"django.core.mail.backends.{'console' if printed else 'smtp'}.EmailBackend"
    options = {} if printed else _smtp_options(env)
    return sent_by(backend, options)


def sent_by(backend: str, options: dict[str, Any]) -> dict[str, Any]:
    """Name a backend and its options as this Django reads them: `MAILERS` from 6.1, older names before."""
    return _mailers(backend, options) if django.VERSION >= (6, 1) else _older_names(backend, options)


def _smtp_options(env: Environment) -> dict[str, Any]:
    return {
        "host": env.email_host,
        "port": env.email_port,
        "username": env.email_user,
        "password": env.email_password.get_secret_value(),
        "use_tls": env.email_tls == "starttls",
        "use_ssl": env.email_tls == "implicit",
        "timeout": TIMEOUT_SECONDS,
    }


def _mailers(backend: str, options: dict[str, Any]) -> dict[str, Any]:
    return {"MAILERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}


def _older_names(backend: str, options: dict[str, Any]) -> dict[str, Any]:
    """Name them as Django did before 6.1, which warns of these names."""
    names = {"username": "host_user", "password": "host_password"}
    named = {f"EMAIL_{names.get(option, option).upper()}": value for option, value in options.items()}
    return {"EMAIL_BACKEND": backend, **named}
