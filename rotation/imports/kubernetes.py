"""Kubernetes: the Secrets that hold a token of a service account."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import AliasPath, Field

from access.import_files import FileRefused, ImportFile, RefusedLine
from rotation.imports.reading import NO_TIME, Moment, Reading, Shape, state_if
from rotation.imports.snapshot import Snapshot
from rotation.imports.texts import json_entries

EXPECTED = "a list of Secrets"
MARKS = ("metadata",)
TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret, not one
OTHER_SECRET = "a Secret of another type"  # noqa: S105 - likewise
HOLDS_SECRETS = (
    "This file holds the secrets themselves (data): delete it. docs/inventories.md shows how to leave them out."
)
CLUSTER_SHAPE = "The cluster in the scope has letters, digits, dots, hyphens and underscores, at most 63."
OWNER, INVALID = "kubernetes.io/service-account.name", "kubernetes.io/legacy-token-invalid-since"
CLUSTER = "[0-9A-Za-z][0-9A-Za-z._-]{0,62}"
NAMESPACE = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"


class Secret(Shape):
    name: Annotated[str, Field(validation_alias=AliasPath("metadata", "name"))]
    namespace: Annotated[str, Field(validation_alias=AliasPath("metadata", "namespace"), pattern=f"^{NAMESPACE}$")]
    created_at: Annotated[Moment, Field(validation_alias=AliasPath("metadata", "creationTimestamp"))]
    owner: Annotated[str, Field(validation_alias=AliasPath("metadata", "annotations", OWNER))]
    invalid_since: Annotated[str | None, Field(validation_alias=AliasPath("metadata", "labels", INVALID))] = None


def read_kubernetes(files: Sequence[ImportFile], scope: str | None, now: datetime) -> Snapshot:
    """Read Secrets. The scope is CLUSTER, CLUSTER/NAMESPACE or /NAMESPACE."""
    reading = Reading()
    reading.note(NO_TIME)
    cluster, _, namespace = (scope or "").partition("/")
    if cluster and not re.fullmatch(CLUSTER, cluster):
        raise FileRefused(*(RefusedLine(file.name, 0, CLUSTER_SHAPE) for file in files))
    prefix = f"kubernetes:{cluster}/" if cluster else "kubernetes:"
    found = set()
    for entry in (entry for file in files for entry in json_entries(file, "items", MARKS, EXPECTED)):
        if entry.value.get("data") or entry.value.get("stringData"):
            raise FileRefused(RefusedLine(entry.file, entry.line, HOLDS_SECRETS))
        if entry.value.get("type") != TOKEN:
            reading.skipped[OTHER_SECRET] += 1
            continue
        if secret := reading.read(Secret, entry):
            found.add(secret.namespace)
            if entry.envelope is not None:
                reading.describe(prefix + secret.namespace, now)
            reading.add(
                entry,
                source=prefix + secret.namespace,
                owner=secret.owner,
                item=f"{secret.namespace}/{secret.name}",
                state=state_if(active=secret.invalid_since is None),
                observed_at=now,
                issued_on=secret.created_at.date(),
            )
    reading.check_scope(files, found, namespace or None, what="a namespace", shape=NAMESPACE)
    if not found:
        reading.describe(prefix + namespace, now)
    return reading.snapshot()
