"""Google Cloud: the keys of service accounts, as `gcloud` lists them or as Cloud Asset Inventory exports them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field

from access.import_files import Entry, ImportFile
from rotation.imports.reading import NO_TIME, Expiry, Moment, Reading, Shape, state_if
from rotation.imports.snapshot import Snapshot
from rotation.imports.texts import json_entries

KEY_LIST = "a list of service account keys"
ASSET_MARKS = ("assetType", "asset_type")
ASSETS = "assets with their resource, a line each or as a list"
ASSET_TYPES = ("iam.googleapis.com/ServiceAccountKey", "iam.googleapis.com/ServiceAccount")
INCOMPLETE = "readTime or resource is missing. docs/inventories.md shows how to get both."
SYSTEM_MANAGED = "a key that Google manages and rotates itself"
OTHER_ASSET = "an asset of another type"
DOMAIN = ".iam.gserviceaccount.com"
MAIL = "[^@/ ]+@[^@/ ]+"


class Account(Shape):
    mail: Annotated[str, Field(alias="email", pattern=f"^{MAIL}$")]
    disabled: bool = False


class Key(Shape):
    name: Annotated[str, Field(pattern=f"^projects/[^/]+/serviceAccounts/{MAIL}/keys/[0-9a-f]{{40}}$")]
    manager: Annotated[Literal["USER_MANAGED", "SYSTEM_MANAGED"], Field(alias="keyType")]
    issued_at: Annotated[Moment, Field(alias="validAfterTime")]
    expires_at: Annotated[Expiry, Field(alias="validBeforeTime")] = None
    disabled: bool = False

    @property
    def mail(self) -> str:
        return self.name.split("/")[3]

    @property
    def label(self) -> str:
        # The whole name is too long for a label.
        return f"{self.mail.partition('@')[0]}/{self.name.rpartition('/')[2][:12]}"


class Resource(Shape):
    data: dict[str, Any]


class Asset(Shape):
    type: Annotated[str, Field(validation_alias=AliasChoices("assetType", "asset_type"))]
    read_at: Annotated[Moment | None, Field(validation_alias=AliasChoices("readTime", "read_time"))] = None
    resource: Resource | None = None


Found = tuple[Entry, Account | Key, datetime]


def read_keys(files: Sequence[ImportFile], scope: str | None, now: datetime) -> Snapshot:
    reading = Reading()
    reading.note(NO_TIME)
    entries = (entry for file in files for entry in json_entries(file, "keys", ("name",), KEY_LIST))
    found = _read(reading, files, ((entry, now) for entry in entries), scope)
    if scope and not found:
        reading.describe(_source(scope), now)
    for entry, named, _ in found:
        if isinstance(named, Key) and entry.envelope is not None:
            reading.describe(_source(named.mail), now)
    return reading.snapshot()


def read_assets(files: Sequence[ImportFile], scope: str | None, now: datetime) -> Snapshot:
    reading = Reading()
    found = _read(reading, files, _resources(files, reading), scope)
    # An export of accounts alone says nothing of their keys.
    if any(isinstance(named, Key) for _, named, _ in found):
        for _, named, at in found:
            reading.describe(_source(named.mail), at)
    return reading.snapshot()


def _resources(files: Sequence[ImportFile], reading: Reading) -> Iterator[tuple[Entry, datetime]]:
    for entry in (entry for file in files for entry in json_entries(file, "assets", ASSET_MARKS, ASSETS)):
        asset = reading.read(Asset, replace(entry, value={**(entry.envelope or {}), **entry.value}))
        if asset is None:
            continue
        if asset.type not in ASSET_TYPES:
            reading.skipped[OTHER_ASSET] += 1
        elif asset.read_at and asset.resource:
            yield replace(entry, value=asset.resource.data), asset.read_at
        else:
            reading.refuse(entry, INCOMPLETE)


def _read(
    reading: Reading, files: Sequence[ImportFile], entries: Iterable[tuple[Entry, datetime]], scope: str | None
) -> list[Found]:
    """Return the keys, and the accounts, which have an email, and add each key: disabled if its account is."""
    found: list[Found] = []
    for entry, at in entries:
        if named := reading.read(Account, entry) if "email" in entry.value else reading.read(Key, entry):
            found.append((entry, named, at))
    mails = {named.mail.removesuffix(DOMAIN) for _, named, _ in found}
    given = scope and scope.removesuffix(DOMAIN)
    reading.check_scope(files, mails, given, what="the mail of a service account", shape=MAIL)
    disabled = {named.mail for _, named, _ in found if isinstance(named, Account) and named.disabled}
    for entry, named, at in found:
        if isinstance(named, Key):
            _add(reading, entry, named, at, account_disabled=named.mail in disabled)
    return found


def _add(reading: Reading, entry: Entry, key: Key, at: datetime, *, account_disabled: bool) -> None:
    if key.manager == "SYSTEM_MANAGED":
        reading.skipped[SYSTEM_MANAGED] += 1
        return
    expired = key.expires_at is not None and key.expires_at <= at
    reading.add(
        entry,
        source=_source(key.mail),
        owner=key.mail,
        item=key.label,
        state=state_if(active=not (key.disabled or account_disabled or expired)),
        observed_at=at,
        issued_on=key.issued_at.date(),
    )


def _source(mail: str) -> str:
    return f"gcp:{mail.removesuffix(DOMAIN)}"
