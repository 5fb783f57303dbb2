"""The variables that say how people sign in: single sign-on by OpenID Connect, passwords and the second factor."""

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import ip_address
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from traces.identifiers import ACCOUNT_ID

Mapped = Mapping[str, tuple[str, ...]]
ROLE = re.compile(r"[a-z][a-z ]{0,79}")
ACCOUNT = re.compile(ACCOUNT_ID)
CLAIM = r"^[A-Za-z0-9_.:/-]{1,100}$"


def require_issuer(value: str) -> str:
    """Allow http on loopback alone: whoever answers in the issuer's place could sign in as anybody."""
    try:
        address = urlsplit(value)
        is_bare = not (address.username or address.query or address.fragment) and address.port != 0
        is_safe = address.scheme == "https" or (address.scheme == "http" and _is_loopback(address.hostname or ""))
    except ValueError:
        is_bare = is_safe = False
    if value and not (is_bare and is_safe and address.hostname and re.fullmatch(r"[!-~]{1,200}", value)):
        raise ValueError("must be an https address without a query; http on this machine alone")
    return value


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ip_address(host).is_loopback


def read_mapping(value: str, *, name: re.Pattern[str], names: str) -> Mapped:
    """Read a JSON object: for each group of the issuer, a list of names of ours."""
    try:
        mapping = json.loads(value or "{}")
        read = {group: tuple(given) for group, given in mapping.items()}
        is_good = all(isinstance(given, list) for given in mapping.values())
        is_good = is_good and all(name.fullmatch(each) for given in read.values() for each in given)
    except (ValueError, TypeError, AttributeError, RecursionError):
        is_good = False
    if not is_good:
        raise ValueError(f"must be a JSON object of groups and lists of {names}")
    return read


def _reads(name: re.Pattern[str], names: str) -> BeforeValidator:
    read: Callable[[str], Mapped] = partial(read_mapping, name=name, names=names)
    return BeforeValidator(read)


class SignInEnvironment(BaseModel):
    password_sign_in: Literal["on", "off"] = "on"  # noqa: S105
    staff_second_factor: Literal["optional", "required"] = "optional"
    oidc_issuer: Annotated[str, AfterValidator(require_issuer)] = ""
    oidc_name: Annotated[str, Field(pattern=r"^[^<>{}\x00-\x1f]{1,60}$")] = "your company account"
    oidc_client_id: Annotated[str, Field(pattern=r"^[!-~]{0,200}$")] = ""
    oidc_client_secret: Annotated[SecretStr, Field(max_length=1000)] = SecretStr("")
    oidc_scopes: Annotated[str, Field(pattern=r"^openid( [!-~]{1,100}){0,10}$")] = "openid profile"
    oidc_username_claim: Annotated[str, Field(pattern=CLAIM)] = "preferred_username"
    oidc_groups_claim: Annotated[str, Field(pattern=CLAIM)] = "groups"
    oidc_roles: Annotated[Mapped, NoDecode, _reads(ROLE, "roles")] = {}
    oidc_accounts: Annotated[Mapped, NoDecode, _reads(ACCOUNT, "account ids")] = {}

    @model_validator(mode="after")
    def single_sign_on_is_whole(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")
        if self.password_sign_in != "on" and not self.oidc_issuer:  # noqa: S105
            raise ValueError("PASSWORD_SIGN_IN=off needs OIDC_ISSUER")
        return self
