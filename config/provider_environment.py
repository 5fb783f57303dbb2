"""The variables that say which model is asked, how its server is spoken to, and by which way."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import NoDecode

from boundary.servers import SERVERS, AnswerFormat, Effort, LimitField, SystemRole

# An empty variable leaves the profile's own value.
EMPTY = BeforeValidator(lambda value: value or None)
HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,100}")
PRINTABLE = re.compile(r"[!-~]*")
MOST_HEADERS, LONGEST_VALUE = 20, 4000
# What belongs to the request itself.
OWN_HEADERS = {
    *("accept", "accept-encoding", "authorization", "connection", "content-length", "content-type"),
    *("expect", "host", "transfer-encoding", "user-agent"),
}


def require_server_address(value: str) -> str:
    try:
        address = AnyHttpUrl(value)
    except ValidationError:
        raise ValueError("must be an http or https address") from None
    if address.username or address.password or address.query or address.fragment:
        raise ValueError("must hold neither a password nor a query; OPENAI_EXTRA_QUERY takes a query")
    return value


def require_header_text(value: SecretStr) -> SecretStr:
    if not PRINTABLE.fullmatch(value.get_secret_value()):
        raise ValueError("must be plain ASCII without blanks")
    return value


def read_headers(value: str) -> SecretStr:
    """Check a JSON object of names and values, such as {"x-tenant": "a"}."""
    try:
        headers = json.loads(value or "{}")
    except (ValueError, RecursionError):
        headers = None
    if not isinstance(headers, dict) or len(headers) > MOST_HEADERS or not all(map(_is_header, headers.items())):
        raise ValueError("must be a JSON object of header names and values, at most 20 and none of our own")
    return SecretStr(json.dumps(headers) if headers else "")


def _is_header(header: tuple[str, object]) -> bool:
    name, value = header
    is_text = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= LONGEST_VALUE
    return is_text and bool(HEADER_NAME.fullmatch(name)) and name.lower() not in OWN_HEADERS


def read_query(value: str) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(value, strict_parsing=True, max_num_fields=MOST_HEADERS)) if value else {}
    except ValueError:
        raise ValueError("must be a query such as name=value&other=value") from None


def require_proxy(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    # Python's own message would repeat a part of the address.
    with suppress(ValueError):
        address = urlsplit(text)
        is_known = address.scheme in {"http", "https", "socks5", "socks5h"} and address.hostname and address.port != 0
        if not text or (is_known and PRINTABLE.fullmatch(text)):
            return value
    raise ValueError("must be http://, https://, socks5:// or socks5h://, with user:password@ if need be")


def require_file(value: str) -> str:
    # A key that was pasted in place of its path is too long for one, and the error of the system would repeat it.
    with suppress(OSError):
        if not value or Path(value).is_file():
            return value
    raise ValueError("names no file")


HeaderText = Annotated[SecretStr, AfterValidator(require_header_text)]
File = Annotated[str, AfterValidator(require_file)]


class ProviderEnvironment(BaseModel):
    openai_server: Literal[*SERVERS] = "openai"  # type: ignore[valid-type] # the profiles' names
    openai_base_url: Annotated[str, AfterValidator(require_server_address)] = "https://api.openai.com/v1"
    openai_model: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:/@+#~,-]{0,200}$")] = ""
    openai_api_key: HeaderText = SecretStr("")
    openai_api_key_file: File = ""
    openai_wire: Literal["chat", "responses"] = "chat"
    openai_max_completion_tokens: Annotated[int, Field(ge=16, le=100_000)] = 4000

    openai_answer_format: Annotated[AnswerFormat | None, EMPTY] = None
    openai_limit_field: Annotated[LimitField | None, EMPTY] = None
    openai_store: Annotated[Literal["false", "omit"] | None, EMPTY] = None
    openai_system_role: Annotated[SystemRole | None, EMPTY] = None
    openai_reasoning_effort: Annotated[Effort | None, EMPTY] = None
    openai_temperature: Annotated[Annotated[float, Field(ge=0, le=2)] | None, EMPTY] = None

    openai_extra_headers: Annotated[SecretStr, NoDecode, BeforeValidator(read_headers)] = SecretStr("")
    openai_extra_query: Annotated[Mapping[str, str], NoDecode, BeforeValidator(read_query)] = {}
    openai_api_version: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{0,40}$")] = ""
    openai_proxy: Annotated[SecretStr, AfterValidator(require_proxy)] = SecretStr("")
    openai_ca_file: File = ""
    openai_client_certificate_file: File = ""
    openai_client_key_file: File = ""

    @model_validator(mode="after")
    def a_client_key_goes_with_its_certificate(self) -> Self:
        if self.openai_client_key_file and not self.openai_client_certificate_file:
            raise ValueError("OPENAI_CLIENT_KEY_FILE needs OPENAI_CLIENT_CERTIFICATE_FILE")
        return self

    def has_key(self) -> bool:
        return bool(self.openai_api_key or self.openai_api_key_file)
