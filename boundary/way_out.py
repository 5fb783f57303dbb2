"""The way to a server, as libcurl's options: whom to trust, through which proxy, and with which certificate of ours."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

import pycurl
from django.conf import settings


def configured_way_out() -> Mapping[int, object]:
    """Return the options that are set. Those of the system hold for the rest."""
    named = {
        pycurl.PROXY: settings.OPENAI_PROXY.get_secret_value(),
        pycurl.SSLCERT: settings.OPENAI_CLIENT_CERTIFICATE_FILE,
        pycurl.SSLKEY: settings.OPENAI_CLIENT_KEY_FILE,
    }
    trusted = _trusting(settings.OPENAI_CA_FILE, None) if settings.OPENAI_CA_FILE else {}
    return {**trusted, **{option: value for option, value in named.items() if value}}


def trusted_by_system() -> Mapping[int, str | None]:
    """
    Return libcurl's options for whom the system trusts, as Python finds it: `SSL_CERT_FILE` and `SSL_CERT_DIR` too.

    libcurl's wheel brings an OpenSSL of its own. Reading all of a system's authorities from one file takes 5 ms of each
    question; from a folder that names them by their hashes, as OpenSSL does, 1 ms. None unsets an option: pycurl would
    guess a file.
    """
    system = ssl.get_default_verify_paths()
    has_folder = bool(system.capath) and any(Path(system.capath).glob("*.0"))
    named = os.environ.get(system.openssl_cafile_env)
    return _trusting(named or (None if has_folder else system.cafile), system.capath if has_folder else None)


def _trusting(file: str | None, folder: str | None) -> Mapping[int, str | None]:
    """Trust the same for a proxy that is spoken to over TLS."""
    return {
        pycurl.CAINFO: file,
        pycurl.CAPATH: folder,
        pycurl.PROXY_CAINFO: file,
        pycurl.PROXY_CAPATH: folder,
    }
