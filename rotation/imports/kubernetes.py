"""Kubernetes: the Secrets that hold a token of a service account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from access.import_files import FileRefused, ImportFile, RefusedLine
from rotation.imports.reading import NO_TIME, Moment, Reading, Shape
from rotation.imports.snapshot import Snapshot
from rotation.imports.texts import json_entries

EXPECTED = "a list of Secrets"
MARKS = ("metadata",)
TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret, not one
OTHER_SECRET = "a Secret of another type"  # noqa: S105 - likewise
HOLDS_SECRETS = "This file holds the secrets themselves (data). Delete it, and get it again without them, as docs/inventories.md shows."
NAMESPACE = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"


class Annotations(Shape):
    service_account: Annotated[str, Field(alias="kubernetes.io/service-account.name")]


class Labels(Shape):
    invalid_since: Annotated[str | None, Field(alias="kubernetes.io/legacy-token-invalid-since")] = None


class Metadata(Shape):
    name: str
    namespace: Annotated[str, Field(pattern=f"^{NAMESPACE}$")]
    created_at: Annotated[Moment, Field(alias="creationTimestamp")]
    annotations: Annotations
    labels: Labels = Labels()


class Secret(Shape):
    metadata: Metadata


def read_kubernetes(files: Sequence[ImportFile], scope: str | None, now: datetime) -> Snapshot:
    """Read Secrets. The scope is CLUSTER, CLUSTER/NAMESPACE or /NAMESPACE."""
    reading = Reading()
    reading.note(NO_TIME)
    cluster, _, namespace = (scope or "").partition("/")
    prefix = f"kubernetes:{cluster}/" if cluster else "kubernetes:"
    found = set()
    for entry in (entry for file in files for entry in json_entries(file, "items", MARKS, EXPECTED)):
        if entry.value.get("data") or entry.value.get("stringData"):
            raise FileRefused(RefusedLine(entry.file, entry.line, HOLDS_SECRETS))
        if entry.value.get("type") != TOKEN:
            reading.skipped[OTHER_SECRET] += 1
            continue
        if secret := reading.read(Secret, entry):
            meta = secret.metadata
            found.add(meta.namespace)
            if entry.envelope is not None:
                reading.describe(prefix + meta.namespace, now)
            reading.add(
                entry,
                source=prefix + meta.namespace,
                owner=meta.annotations.service_account,
                item=f"{meta.namespace}/{meta.name}",
                active=meta.labels.invalid_since is None,
                observed_at=now,
                issued_at=meta.created_at,
            )
    reading.check_scope(files, found, namespace or None, what="a namespace", shape=NAMESPACE)
    if not found:
        reading.describe(prefix + namespace, now)
    return reading.snapshot()
