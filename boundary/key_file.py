"""A key that another program renews: it is read again when its file has changed."""

from dataclasses import dataclass, field
from pathlib import Path

from boundary.failures import ProviderRejected


@dataclass
class KeyFile:
    """Called, it returns the current key. While the file cannot be read, or holds no key, the last one stays."""

    path: Path
    _version: tuple[int, ...] | None = field(default=None, init=False)
    _key: str = field(default="", init=False, repr=False)

    def __call__(self) -> str:
        """:raises ProviderRejected: the file never held a key that could be read"""
        try:
            found = self.path.stat()
            version = (found.st_mtime_ns, found.st_ino, found.st_size)
            if version != self._version:
                # It may be half written.
                (key,) = self.path.read_text(encoding="ascii").split()
                if key.isprintable():
                    self._key, self._version = key, version
        except (OSError, ValueError):
            pass
        if not self._key:
            raise ProviderRejected
        return self._key
