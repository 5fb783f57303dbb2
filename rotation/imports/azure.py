"""
Azure: the credentials of applications, as `az` lists them or as Microsoft Graph shows an application.

Secrets and certificates are listed apart and are of different kinds. So they are two sources, with a link each.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from access.import_files import Entry, ImportFile
from rotation.imports.reading import NO_TIME, Expiry, Moment, Reading, Shape, state_if
from rotation.imports.snapshot import Snapshot
from rotation.imports.texts import json_entries

EXPECTED = "a list of credentials, or applications with passwordCredentials and keyCredentials"
MARKS = ("keyId", "appId")
GUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
CERTIFICATES = "/certificates"
WHAT = f"the id of an application, or of one with {CERTIFICATES} behind it"


class Credential(Shape):
    key_id: Annotated[str, Field(alias="keyId", pattern=f"^{GUID}$")]
    issued_at: Annotated[Moment | None, Field(alias="startDateTime")]
    expires_at: Annotated[Expiry, Field(alias="endDateTime")]


class Application(Shape):
    app_id: Annotated[str, Field(alias="appId", pattern=f"^{GUID}$")]
    secrets: Annotated[list[dict[str, Any]] | None, Field(alias="passwordCredentials")] = None
    certificates: Annotated[list[dict[str, Any]] | None, Field(alias="keyCredentials")] = None

    @property
    def lists(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The lists that are there, each with its scope."""
        scopes = (self.app_id, self.secrets), (self.app_id + CERTIFICATES, self.certificates)
        return [(scope, values) for scope, values in scopes if values is not None]


def read_azure(files: Sequence[ImportFile], scope: str | None, now: datetime) -> Snapshot:
    reading = Reading()
    reading.note(NO_TIME)
    given = scope and scope.lower()
    check = partial(reading.check_scope, files, given=given, what=WHAT, shape=f"{GUID}({CERTIFICATES})?")
    entries = [entry for file in files for entry in json_entries(file, "value", MARKS, EXPECTED)]
    if not entries:
        check(found=())
        reading.describe(f"azure:{given}", now)
    for entry in entries:
        if "appId" not in entry.value:
            found = (given or "").removesuffix(CERTIFICATES) + (CERTIFICATES if "usage" in entry.value else "")
            check(found={found} if given else ())
            if entry.envelope is not None:
                reading.describe(f"azure:{found}", now)
            _add(reading, entry, found, now)
        elif app := reading.read(Application, entry):
            check(found={app.app_id})
            for found, values in app.lists:
                reading.describe(f"azure:{found}", now)
                for value in values:
                    _add(reading, replace(entry, value=value), found, now)
    return reading.snapshot()


def _add(reading: Reading, entry: Entry, scope: str, now: datetime) -> None:
    if credential := reading.read(Credential, entry):
        app = scope.removesuffix(CERTIFICATES)
        reading.add(
            entry,
            source=f"azure:{scope}",
            owner=app,
            item=f"{app}/{credential.key_id}",
            state=state_if(active=credential.expires_at is None or credential.expires_at > now),
            observed_at=now,
            issued_on=credential.issued_at and credential.issued_at.date(),
        )
