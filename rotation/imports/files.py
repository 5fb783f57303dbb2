"""The files that a command imports, and who imports them."""

import getpass
import os
from argparse import ArgumentTypeError
from pathlib import Path

from rotation.imports.snapshot import InventoryFile


def read_file(path: str) -> InventoryFile:
    """Read a file that an argument names."""
    try:
        return InventoryFile(path, Path(path).read_bytes())
    except OSError as fault:
        raise ArgumentTypeError(f"{path} cannot be read: {fault.strerror}") from None


def system_user() -> str:
    """Return the name of whoever runs the command, or the number of a user without a name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
