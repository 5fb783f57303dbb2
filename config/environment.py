"""
What the service reads from its environment, checked once before it boots.

A variable of the process wins over `.env`, which wins over a file of that name in SECRETS_DIR.
A bad or missing value stops the boot with the variable's name and never its value: no ValueError repeats it.
"""

import os
import re
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config.databases import database_from_url
from config.provider_environment import HeaderText, ProviderEnvironment
from config.sign_in_environment import SignInEnvironment
from config.version import VERSION
from config.workflows import WORKFLOWS
from traces.deadlines import LONGEST_SECONDS
from traces.fingerprints import FingerprintKey

BASE_DIR = Path(__file__).resolve().parent.parent
MINIMUM_SECRET_LENGTH = 16
# Empty is none. Each decision walks as many entries of an index, with a lock held.
Limit = Annotated[Annotated[int, Field(ge=1, le=100_000)] | None, BeforeValidator(lambda value: value or None)]


def split_commas(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def read_fingerprint_keys(value: str) -> tuple[FingerprintKey, ...]:
    """Read `id:secret,id:secret`; the first key writes, all of them look up."""
    keys = tuple(FingerprintKey(*part.partition(":")[::2]) for part in split_commas(value))
    if not keys or any(not re.fullmatch(r"[a-z0-9-]{1,32}", key.id) for key in keys):
        raise ValueError("must be id:secret pairs, with ids of a-z, 0-9 and hyphens")
    if any(len(key.secret) < MINIMUM_SECRET_LENGTH for key in keys):
        raise ValueError(f"each secret needs at least {MINIMUM_SECRET_LENGTH} characters")
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("each id may stand once")
    return keys


def read_hosts(value: str) -> tuple[str, ...]:
    """Take no `*` and no `.domain`: addresses in a page name the host that was asked for, and mails the first host."""
    hosts = split_commas(value)
    if any(host.startswith(("*", ".")) for host in hosts):
        raise ValueError("must name each host whole, without * or a leading dot")
    return hosts


def read_networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read addresses and networks, as gunicorn reads them; but not `*`, under which anyone could choose an address."""
    try:
        return tuple(ip_network(part) for part in split_commas(value))
    except ValueError:
        raise ValueError("must be addresses or networks such as 10.0.0.0/8, separated by commas") from None


def require_long_or_empty(value: SecretStr) -> SecretStr:
    if 0 < len(value) < MINIMUM_SECRET_LENGTH:
        raise ValueError(f"needs at least {MINIMUM_SECRET_LENGTH} characters")
    return value


class ServiceEnvironment(ProviderEnvironment, SignInEnvironment, BaseSettings):
    """Every variable but the workflows' own, with its type, default and bounds; `.env.example` explains each."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    secret_key: Annotated[SecretStr, Field(min_length=50)]
    debug: bool = False
    https: bool = True
    access: Literal["members", "open"] = "members"
    allowed_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(read_hosts), Field(min_length=1)]
    site_address: Annotated[str, Field(pattern=r"^(https?://[A-Za-z0-9.-]{1,253}(:[1-9][0-9]{0,4})?)?$")] = ""
    forwarded_allow_ips: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(read_networks), Field(validate_default=False)
    ] = ()
    release: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9._+-]{1,64}$"), BeforeValidator(lambda value: value or VERSION)
    ] = VERSION

    database_url: Annotated[dict[str, Any], NoDecode, BeforeValidator(partial(database_from_url, base_dir=BASE_DIR))]
    database_pool_size: Annotated[int, Field(ge=1, le=200)] = 8

    decision_provider: Literal["rules", "openai"] = "rules"
    decision_deadline_seconds: Annotated[float, Field(ge=1, le=LONGEST_SECONDS)] = 20
    interrupted_grace_seconds: Annotated[float, Field(ge=1, le=3600)] = 30
    decisions_in_flight: Annotated[int, Field(ge=1, le=10_000)] = 96
    reads_in_flight: Annotated[int, Field(ge=1, le=10_000)] = 24
    submitter_decisions_per_minute: Limit = None
    submitter_decisions_per_day: Limit = None
    decisions_per_minute: Limit = None
    decisions_per_day: Limit = None

    support_contact: Annotated[
        str, Field(pattern=r"^([A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,255}|https://[!-~]{1,200})?$")
    ] = ""
    email_host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{0,255}$")] = ""
    email_port: Annotated[int, Field(ge=1, le=65_535)] = 587
    email_user: str = ""
    email_password: SecretStr = SecretStr("")
    email_tls: Literal["starttls", "implicit", "off"] = "starttls"
    default_from_email: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,255}$")] = (
        "llm-decisions@localhost"
    )

    fingerprint_keys: Annotated[tuple[FingerprintKey, ...], NoDecode, BeforeValidator(read_fingerprint_keys)]
    trace_retention_days: Annotated[int, Field(ge=1, le=36_500)] = 90

    metrics_token: Annotated[HeaderText, AfterValidator(require_long_or_empty)] = SecretStr("")

    @model_validator(mode="after")
    def site_address_is_ours(self) -> Self:
        site = urlsplit(self.site_address)
        if site.hostname and site.hostname not in map(str.lower, self.allowed_hosts):
            raise ValueError("SITE_ADDRESS must name a host of ALLOWED_HOSTS")
        if self.https and site.scheme == "http":
            raise ValueError("SITE_ADDRESS must begin with https:// while HTTPS is on")
        return self

    @model_validator(mode="after")
    def openai_needs_a_model_and_a_key(self) -> Self:
        if self.decision_provider != "openai":
            return self
        needed = {"OPENAI_MODEL": self.openai_model, "OPENAI_API_KEY or OPENAI_API_KEY_FILE": self.has_key()}
        if absent := [name for name, value in needed.items() if not value]:
            raise ValueError(f"DECISION_PROVIDER=openai needs {' and '.join(absent)}")
        return self


# The variables of the service and of the registered workflows, so that all are read and checked together.
WORKFLOW_SETTINGS: tuple[type[BaseModel], ...] = tuple(
    settings for path in WORKFLOWS if (settings := import_string(path).settings)
)
_BASES: tuple[type[Any], ...] = (ServiceEnvironment, *WORKFLOW_SETTINGS)
Environment = cast("type[ServiceEnvironment]", create_model("Environment", __base__=_BASES))


def environment_file() -> Path | None:
    given = os.environ.get("ENV_FILE", BASE_DIR / ".env")
    return Path(given) if given else None


def read_environment() -> ServiceEnvironment:
    """
    Read the process's environment, then ENV_FILE (default `.env`; empty for none), then SECRETS_DIR.

    :raises ImproperlyConfigured: names each bad variable and says what is wrong, never the value
    """
    secrets_dir = os.environ.get("SECRETS_DIR") or None
    if secrets_dir and not Path(secrets_dir).is_dir():
        raise ImproperlyConfigured("SECRETS_DIR: is not a directory")
    file = environment_file()
    if os.environ.get("ENV_FILE") and file and not file.is_file():
        raise ImproperlyConfigured("ENV_FILE: is not a file")
    try:
        return Environment(_env_file=file, _secrets_dir=secrets_dir)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_context=False, include_url=False)
        complaints = (
            f"{str(fault['loc'][0]).upper()}: {fault['msg']}" if fault["loc"] else fault["msg"] for fault in faults
        )
        raise ImproperlyConfigured("\n".join(complaints)) from None
