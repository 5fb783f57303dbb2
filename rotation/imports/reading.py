"""What a reader has found so far, and the rules that all formats share."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from access.fields import FreeText
from access.import_files import Entry, FileRefused, ImportFile, RefusedLine
from rotation.contract import CredentialState
from rotation.imports.snapshot import Observed, Snapshot

RENAME = "Rename it at its source, or bring it in by a plain CSV with another label."
FAULTS = {
    "item": f"The label must have 3 to 80 characters and no blanks at its ends. {RENAME}",
    "owner": "The owner must have 1 to 160 characters and no blanks at its ends.",
    "source": "The source must have 1 to 160 characters and no blanks at its ends.",
    "account_name": "The account's name must have at most 160 characters and no blanks at its ends.",
}
SECRET = f"The label, its owner or the account's name looks like a secret: consider that secret exposed. {RENAME}"
NO_TIME = (
    "These files do not say when they were made. They count as made now, but not after the same bytes were first"
    " imported, nor, in the command, after the file was last changed. An upload does not tell that: use new files."
)
# A file with more of them is of another format, or its source has changed.
MOST_REFUSED = 1_000
NEVER = re.compile(r"9999-|\+?[0-9]{5,}-")


def state_if(*, active: bool | None) -> CredentialState:
    return CredentialState.ACTIVE if active else CredentialState.DISABLED


def parse_moment(value: object) -> datetime:
    """Return the moment of an ISO 8601 text with an offset, in UTC and cut to microseconds."""
    if not isinstance(value, str) or (moment := datetime.fromisoformat(value)).tzinfo is None:
        raise ValueError
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError from None


def parse_expiry(value: object) -> datetime | None:
    """Return None for what never expires: null, or a year that stands for never and may not even fit a date."""
    never = value is None or (isinstance(value, str) and NEVER.match(value))
    return None if never else parse_moment(value)


def refuse_blank_ends(value: str) -> str:
    """Refuse blanks at the ends, and half characters, which JSON can hold and no database stores."""
    value.encode()
    if value != value.strip():
        raise ValueError
    return value


Moment = Annotated[datetime, BeforeValidator(parse_moment)]
Expiry = Annotated[datetime | None, BeforeValidator(parse_expiry)]
Name = Annotated[str, FreeText(shortest=1, longest=160), BeforeValidator(refuse_blank_ends)]


class Shape(BaseModel):
    """What a reader takes of an entry. It ignores all else."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Names(Shape):
    """The texts that a record or a link keeps. A label has the rule of the form's item."""

    item: Annotated[str, FreeText(shortest=3, longest=80), BeforeValidator(refuse_blank_ends)]
    owner: Name
    source: Name
    account_name: Annotated[str, FreeText(shortest=0, longest=160), BeforeValidator(refuse_blank_ends)]


AnyShape = TypeVar("AnyShape", bound=Shape)


class Reading:
    """A snapshot in the making."""

    def __init__(self) -> None:
        self.observed: list[Observed] = []
        self.refused: list[RefusedLine] = []
        self.sources: dict[str, datetime] = {}
        self.skipped: Counter[str] = Counter()
        self.notes: dict[str, None] = {}

    def note(self, sentence: str) -> None:
        self.notes[sentence] = None

    def refuse(self, entry: Entry, sentence: str) -> None:
        """:raises FileRefused: there are too many refused lines to go on"""
        self.refused.append(RefusedLine(entry.file, entry.line, sentence))
        if len(self.refused) == MOST_REFUSED:
            raise FileRefused(*self.refused)

    def read(self, shape: type[AnyShape], entry: Entry) -> AnyShape | None:
        """Return the entry in its shape, or refuse it by the names of what is not understood."""
        try:
            return shape.model_validate(entry.value)
        except ValidationError as error:
            # The first name is the shape's. The others may be the file's.
            names = {str(fault["loc"][0]): None for fault in error.errors(include_input=False)}
            self.refuse(entry, f"Missing or not understood: {', '.join(names)}.")
            return None

    def add(self, entry: Entry, **fields: Any) -> None:
        """Add a credential with these fields of Observed, or refuse its names."""
        seen = Observed(file=entry.file, line=entry.line, **fields)
        try:
            Names.model_validate(seen, from_attributes=True)
        except ValidationError as error:
            fault = error.errors(include_input=False)[0]
            self.refuse(entry, SECRET if fault["type"] == "looks_like_secret" else FAULTS[str(fault["loc"][0])])
        else:
            self.observed.append(seen)

    def describe(self, source: str, at: datetime) -> None:
        """Keep that the files name every credential of a source, as of the latest time."""
        self.sources[source] = max(at, self.sources.get(source, at))

    def check_scope(
        self, files: Sequence[ImportFile], found: Collection[str], given: str | None, *, what: str, shape: str
    ) -> None:
        """:raises FileRefused: no scope is known, or the given one has not its shape or is not that of the files"""
        if given is None and not found:
            sentence = f"These files do not name {what}. Give it as the scope."
        elif given is not None and not (
            given.isprintable() and re.fullmatch(shape, given) and all(scope == given for scope in found)
        ):
            sentence = f"The scope is not {what}, or these files name another one."
        else:
            return
        raise FileRefused(*self.refused, *(RefusedLine(file.name, 0, sentence) for file in files))

    def snapshot(self) -> Snapshot:
        return Snapshot(self.observed, self.sources, tuple(self.refused), dict(self.skipped), tuple(self.notes))
