"""Which authorities a provider's certificate may come from. libcurl's wheel brings an OpenSSL of its own."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

import pycurl


def trusted_by_system() -> Mapping[int, str | None]:
    """
    Return libcurl's options for whom the system trusts, as Python finds it: `SSL_CERT_FILE` and `SSL_CERT_DIR` too.

    Reading all of a system's authorities from one file takes 5 ms of each question; from a folder that names them by
    their hashes, as OpenSSL does, 1 ms. What is None must be unset, because pycurl guesses a file.
    """
    system = ssl.get_default_verify_paths()
    has_folder = bool(system.capath) and any(Path(system.capath).glob("*.0"))
    named = os.environ.get(system.openssl_cafile_env)
    return {
        pycurl.CAINFO: named or (None if has_folder else system.cafile),
        pycurl.CAPATH: system.capath if has_folder else None,
    }
