"""The files that a command imports, and who imports them."""

import getpass
import os
from pathlib import Path

from rotation.imports.links import CannotImport
from rotation.imports.snapshot import InventoryFile


def read_file(path: str) -> InventoryFile:
    """:raises CannotImport: it cannot be read"""
    try:
        return InventoryFile(path, Path(path).read_bytes())
    except OSError as fault:
        raise CannotImport(f"{path} cannot be read: {fault.strerror}. Nothing was changed.") from None


def system_user() -> str:
    """Return the name of whoever runs the command, or the number of a user without a name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
