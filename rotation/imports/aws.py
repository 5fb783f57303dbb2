"""
AWS: the credential report together with key lists.

The report knows both slots of each user, but no issue days. A key list knows the issue days, but no slots. A listed key
that was created when a slot of its user last changed is the key in that slot.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import Base64Bytes, BeforeValidator, Field

from access.import_files import Entry, FileRefused, ImportFile, RefusedLine, csv_rows, refused
from rotation.imports.reading import NO_TIME, Moment, Reading, Shape, state_if
from rotation.imports.snapshot import Snapshot
from rotation.imports.texts import json_entries

EXPECTED = "the JSON of get-credential-report or of list-access-keys"
OLDEST_REPORT = timedelta(hours=4)
UNDATED_REPORT = (
    "A report as CSV does not say when it was made, and AWS keeps one for four hours. It counts as four hours old. The "
    "JSON of get-credential-report has GeneratedTime."
)
KEYS_ALONE = (
    "Without the credential report, keys are named by their last four characters, and none is disabled because it is "
    "not named. A report names the same keys by their slots: they become other records."
)
MORE_CREDENTIALS = "additional_credentials_info is filled: a user has credentials that the report does not list."
TWO_REPORTS = "These are two credential reports. Import one after the other."
TWO_ACCOUNTS = "The column arn names several AWS accounts."
NOT_LISTED = (
    "The key lists name this user, but no key that was created when this slot last changed. Get the report and the "
    "lists again, one right after the other."
)
UNDATED_KEY = "An active access key has no date in its column last_rotated."
ABSENT = ("", "N/A", "not_supported", "no_information")


def none_if_absent(value: object) -> object:
    return None if value in ABSENT else value


Active = Annotated[bool | None, BeforeValidator(none_if_absent)]
Changed = Annotated[Moment | None, BeforeValidator(none_if_absent)]


class Slot(NamedTuple):
    label: str
    active: bool | None
    changed_at: datetime | None


class User(Shape):
    """A row of the report."""

    user: str
    arn: Annotated[str, Field(pattern="^arn:aws[a-z-]*:iam::[0-9]{12}:")]
    access_key_1_active: Active
    access_key_1_last_rotated: Changed
    access_key_2_active: Active
    access_key_2_last_rotated: Changed
    additional_credentials_info: Annotated[str | None, BeforeValidator(none_if_absent)] = None

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def slots(self) -> tuple[Slot, Slot]:
        return (
            Slot(f"{self.user}/access_key_1", self.access_key_1_active, self.access_key_1_last_rotated),
            Slot(f"{self.user}/access_key_2", self.access_key_2_active, self.access_key_2_last_rotated),
        )


class ReportAnswer(Shape):
    """What `aws iam get-credential-report` prints."""

    content: Annotated[Base64Bytes, Field(alias="Content")]
    generated_time: Annotated[Moment, Field(alias="GeneratedTime")]


class Key(Shape):
    """An entry of what `aws iam list-access-keys` prints."""

    user: Annotated[str, Field(alias="UserName")]
    key_id: Annotated[str, Field(alias="AccessKeyId", pattern="^[0-9A-Za-z_]{16,128}$")]
    status: Annotated[Literal["Active", "Inactive"], Field(alias="Status")]
    created_at: Annotated[Moment, Field(alias="CreateDate")]


class Report(NamedTuple):
    file: ImportFile
    made_at: datetime


FoundUser = tuple[Entry, User]
FoundKey = tuple[Entry, Key]


def read_aws(files: Sequence[ImportFile], scope: str | None, now: datetime) -> Snapshot:
    reading = Reading()
    reports, keys = _sort_out(files, reading, now)
    if len(reports) > 1:
        raise FileRefused(*(RefusedLine(report.file.name, 0, TWO_REPORTS) for report in reports))
    users = [found for report in reports for found in _read_users(report.file, reading)]
    accounts = {user.account for _, user in users}
    if len(accounts) > 1:
        raise refused(reports[0].file, TWO_ACCOUNTS)
    reading.check_scope(files, accounts, scope, what="an AWS account of 12 digits", shape="[0-9]{12}")
    source = f"aws:{scope or accounts.pop()}"
    observed_at = now
    for report in reports:
        # A report cannot be older than the latest change in it.
        changes = (slot.changed_at for _, user in users for slot in user.slots if slot.changed_at)
        observed_at = max([report.made_at, *changes])
        reading.describe(source, observed_at)
    if not reports:
        reading.note(NO_TIME)
        reading.note(KEYS_ALONE)
    for entry, key in _add_slots(reading, source, observed_at, users, keys):
        reading.add(
            entry,
            source=source,
            owner=key.user,
            # A whole id looks like a secret, so nobody could ask about it.
            item=f"{key.user}/…{key.key_id[-4:]}",
            state=state_if(active=key.status == "Active"),
            observed_at=max(observed_at, key.created_at),
            issued_on=key.created_at.date(),
        )
    return reading.snapshot()


def _sort_out(files: Iterable[ImportFile], reading: Reading, now: datetime) -> tuple[list[Report], list[FoundKey]]:
    """Return the reports, and each listed key once."""
    reports: list[Report] = []
    keys: dict[str, FoundKey] = {}
    for file in files:
        if not file.content[:99].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith((b"{", b"[")):
            reports.append(Report(file, now - OLDEST_REPORT))
            reading.note(UNDATED_REPORT)
            continue
        for entry in json_entries(file, "AccessKeyMetadata", ("AccessKeyId", "Content"), EXPECTED):
            if "AccessKeyId" in entry.value:
                if key := reading.read(Key, entry):
                    keys[key.key_id] = (entry, key)
            elif answer := reading.read(ReportAnswer, entry):
                reports.append(Report(ImportFile(file.name, answer.content), answer.generated_time))
            else:
                raise FileRefused(*reading.refused)
    return reports, list(keys.values())


def _read_users(file: ImportFile, reading: Reading) -> Iterator[FoundUser]:
    columns = [name for name, field in User.model_fields.items() if field.is_required()]
    for entry in csv_rows(file, columns, reading.refuse):
        if user := reading.read(User, entry):
            yield entry, user
            if user.additional_credentials_info:
                reading.note(MORE_CREDENTIALS)


def _add_slots(
    reading: Reading, source: str, observed_at: datetime, users: Iterable[FoundUser], keys: Sequence[FoundKey]
) -> list[FoundKey]:
    """Add the key in each slot, and return the listed keys that are in none."""
    unmatched: defaultdict[tuple[str, datetime], list[FoundKey]] = defaultdict(list)
    for found in keys:
        unmatched[found[1].user, found[1].created_at.replace(microsecond=0)].append(found)
    names = {key.user for _, key in keys}
    for entry, owner, slot in ((entry, user.user, slot) for entry, user in users for slot in user.slots):
        if slot.changed_at is None:
            if slot.active:
                reading.refuse(entry, UNDATED_KEY)
            continue
        matches = unmatched[owner, slot.changed_at.replace(microsecond=0)]
        if not matches and owner in names:
            reading.refuse(entry, NOT_LISTED)
            continue
        key = matches.pop()[1] if matches else None
        reading.add(
            entry,
            source=source,
            owner=owner,
            item=slot.label,
            # The list is newer than the report: a key must be active in both.
            state=state_if(active=slot.active and (key is None or key.status == "Active")),
            observed_at=observed_at,
            issued_on=key.created_at.date() if key else None,
            changed_on=slot.changed_at.date(),
        )
    return [found for left in unmatched.values() for found in left]
