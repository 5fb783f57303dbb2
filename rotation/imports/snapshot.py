"""What a reader makes of the files of an inventory: the credentials that they name. Free of Django."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from access.import_files import ImportFile, RefusedLine
from rotation.contract import CredentialKind, CredentialState


@dataclass(frozen=True, slots=True)
class Observed:
    """
    One credential as its source describes it.

    `source` names the scope, such as `aws:123456789012`. `issued_on` is None where the source does not tell the issue
    day. `changed_on` is the day on which the source says that it was created or last changed: only an issue day of that
    day, which another file told, is kept. Only a plain CSV tells `account_id` and `kind` itself, and may
    name the account; for the others they come from the owner's link.
    """

    file: str
    line: int
    source: str
    owner: str
    item: str
    state: CredentialState
    observed_at: datetime
    issued_on: date | None = None
    changed_on: date | None = None
    account_id: str | None = None
    kind: CredentialKind | None = None
    account_name: str = ""


@dataclass(frozen=True)
class Snapshot:
    """
    What the files say together.

    `sources` are the scopes that they describe in full, each with the time of its snapshot, and also those that hold no
    credential. `skipped` counts what is no credential of a customer, by a sentence that says why. `notes` are sentences
    for whoever imports.
    """

    observed: Sequence[Observed]
    sources: dict[str, datetime]
    refused: tuple[RefusedLine, ...] = ()
    skipped: dict[str, int] | None = None
    notes: tuple[str, ...] = ()


# From files, the scope if one was given, and the time of now, to a snapshot. It raises FileRefused.
Reader = Callable[[Sequence[ImportFile], str | None, datetime], Snapshot]
