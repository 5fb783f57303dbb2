"""The files of an inventory, read as of the time at which they can have been made."""

from collections.abc import Sequence
from datetime import datetime

from access.import_files import ImportFile
from rotation.imports.formats import FORMATS
from rotation.imports.snapshot import Snapshot
from rotation.models import CredentialImport


def read_inventory(name: str, files: Sequence[ImportFile], scope: str | None, now: datetime) -> Snapshot:
    """
    Read the files of a format. Files that do not say when they were made count as old as they must be.

    :raises FileRefused:
    """
    return FORMATS[name](files, scope, min([now, *_latest_times(name, files)]))


def _latest_times(name: str, files: Sequence[ImportFile]) -> list[datetime]:
    """Return when each file was last changed, and when one that was imported before was observed then."""
    digests = {file.digest for file in files}
    # Every empty list has the same bytes.
    imports = CredentialImport.objects.filter(format=name).exclude(added=0, changed=0, unchanged=0)
    seen = [at for known, at in imports.values_list("digests", "observed_at") if not digests.isdisjoint(known)]
    return [*seen, *(file.changed_at for file in files if file.changed_at)]
