"""Django's settings for mail. The mails are links: to set a password, or to a result that a person has looked at."""

from typing import Any

import django

from config.environment import ServiceEnvironment

TIMEOUT_SECONDS = 10


def prints_mail(env: ServiceEnvironment) -> bool:
    """Return whether mail goes to the console. That is for demos only: a reader of the link can set the password."""
    return not env.email_host and (env.debug or not env.https)


def mail_settings(env: ServiceEnvironment) -> dict[str, Any]:
    if prints_mail(env):
        return backend_settings("django.core.mail.backends.console.EmailBackend", {})
    options = {
        "host": env.email_host,
        "port": env.email_port,
        "username": env.email_user,
        "password": env.email_password.get_secret_value(),
        "use_tls": env.email_tls == "starttls",
        "use_ssl": env.email_tls == "implicit",
        "timeout": TIMEOUT_SECONDS,
    }
    return backend_settings("django.core.mail.backends.smtp.EmailBackend", options)


def backend_settings(backend: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the settings for a backend under the names that this Django reads: 6.1 warns about the older names."""
    if django.VERSION >= (6, 1):
        return {"MAILERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}
    names = {"username": "host_user", "password": "host_password"}
    settings = {f"EMAIL_{names.get(option, option).upper()}": value for option, value in options.items()}
    return {"EMAIL_BACKEND": backend, **settings}
