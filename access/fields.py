"""Field types that all workflows share. Free of Django."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from annotated_types import GroupedMetadata, MaxLen, MinLen
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

from access.characters import visible
from traces.identifiers import ACCOUNT_ID

# A short closed list of shapes that only secrets have. Python and browsers both run these patterns. The ordinary words
# of a report must never match.
_PRIVATE_KEY = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY"
# None of these begins inside a word. The dashes of a private key may follow one.
_TOKENS = {
    "an AWS access key id": r"(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])",
    "a GitHub token": r"gh[pousr]_[0-9A-Za-z]{20,}|github_pat_[0-9A-Za-z_]{20,}",
    "a GitLab token": r"glpat-[0-9A-Za-z_-]{20,}",
    "the key of a model provider": r"sk-[0-9A-Za-z_-]{20,}",
    "the key of a payment provider": r"[sr]k_(?:live|test)_[0-9A-Za-z]{16,}",
    "a Google API key": r"AIza[0-9A-Za-z_-]{35}",
    "a Slack token": r"xox[abeoprs]-[0-9A-Za-z-]{10,}",
    "a token of this service": r"rot_[0-9a-z]{32,}",
    "a signed web token": r"eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}",
}
# One group for each kind, in this order.
SECRET_KINDS = ("a private key", *_TOKENS)
SECRET_SHAPES = f"({_PRIVATE_KEY})|(?<![0-9A-Za-z])(?:{'|'.join(f'({shape})' for shape in _TOKENS.values())})"
# True whether it was sent to us alone or to others before.
FOUND_SENTENCE = (
    "Line {line} of this text looks like {kind}. Remove it. If it was sent, consider it exposed and replace it."
)


def fold_lines(value: object) -> object:
    """Replace CRLF and CR by LF and strip the ends, as the page's character count does. Return non-text unchanged."""
    if not isinstance(value, str):
        return value
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def refuse_nul(value: str) -> str:
    if "\0" in value:
        raise PydanticCustomError("nul_character", "Remove the NUL character.")
    return value


def looks_like_secret(value: str) -> bool:
    return re.search(SECRET_SHAPES, value) is not None


def refuse_secrets(value: str) -> str:
    """Name the kind of a secret and its line, from the first that is not blank, and never repeat it."""
    if found := re.search(SECRET_SHAPES, value):
        line, kind = value.count("\n", 0, found.start()) + 1, SECRET_KINDS[(found.lastindex or 0) - 1]
        raise PydanticCustomError("looks_like_secret", FOUND_SENTENCE, {"line": line, "kind": kind})
    return value


def require_account_shape(value: str) -> str:
    if not re.fullmatch(ACCOUNT_ID, value):
        raise PydanticCustomError("account_id_shape", "Write acct_ and five digits, such as acct_10234.")
    return value


AccountId = Annotated[
    str, AfterValidator(require_account_shape), WithJsonSchema({"type": "string", "pattern": f"^{ACCOUNT_ID}$"})
]


@dataclass(frozen=True)
class FreeText(GroupedMetadata):
    """
    What a customer writes: `Annotated[str, FreeText(shortest=10, longest=500)]`.

    The bounds are in characters, line ends counted as one and the ends stripped. Only what a reader sees counts for the
    shortest. The text itself is kept as it is.
    """

    shortest: int
    longest: int

    def __iter__(self) -> Iterator[object]:
        yield BeforeValidator(fold_lines)
        yield from map(AfterValidator, (refuse_nul, refuse_secrets))
        # These two are in the published schema.
        yield from (MinLen(self.shortest), MaxLen(self.longest))
        yield AfterValidator(self.require_visible)

    def require_visible(self, value: str) -> str:
        length = len(visible(value))
        if length < self.shortest:
            context = {"field_type": "Value", "min_length": self.shortest, "actual_length": length}
            raise PydanticKnownError("too_short", context)
        return value
