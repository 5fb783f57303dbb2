"""Words that may be nowhere, in every dress they could wear, and everything a server leaves behind or says."""

import base64
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from tests.configuration.serving import Server

ZLIB = b"x\x9c"


def dresses(canary: str) -> Iterator[bytes]:
    """As it is, as hex, in UTF-16, and in base64 at each of its three alignments."""
    plain = canary.encode()
    yield from (plain, plain.hex().encode(), canary.encode("utf-16-le"))
    for shift in range(3):
        # The first and last characters depend on their neighbours.
        yield base64.b64encode(b"\0" * shift + plain)[4:-4]


def found_in(text: bytes, canaries: dict[str, str]) -> list[str]:
    return [name for name, canary in canaries.items() if any(dress in text for dress in dresses(canary))]


def everything_below(*folders: Path) -> dict[str, bytes]:
    """Read every file: database, write-ahead log, log, mail, cache, metrics; Django's cache packs what it keeps."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {
        str(path): _unpacked(path.read_bytes()) if path.suffix == ".djcache" else path.read_bytes() for path in files
    }


def _unpacked(entry: bytes) -> bytes:
    return zlib.decompress(entry[entry.index(ZLIB) :])


class StayHere(HTTPRedirectHandler):
    """Look at a redirect itself."""

    def redirect_request(self, *_redirect: object) -> None:
        return None


@dataclass
class Visitor:
    """A browser with its cookies, or a program; it keeps every answer, headers and body."""

    server: Server
    accept: str = "text/html"
    heard: dict[str, bytes] = field(default_factory=dict)
    cookies: CookieJar = field(default_factory=CookieJar)

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> str:
        request = Request(f"http://127.0.0.1:{self.server.port}{path}", body, {"Accept": self.accept, **headers})
        opener = build_opener(HTTPCookieProcessor(self.cookies), StayHere)
        try:
            with opener.open(request, timeout=20) as response:
                status, head, said = response.status, response.headers, response.read()
        except HTTPError as refused:
            with refused:
                status, head, said = refused.code, refused.headers, refused.read()
        # What a cookie is set to is for its owner alone.
        shown = [f"{name}: {value}" for name, value in head.items() if name.lower() != "set-cookie"]
        self.heard[f"answer {len(self.heard)} {path} {status}"] = "\n".join(shown).encode() + b"\n\n" + said
        return str(said, "utf-8")

    def fill_in(self, path: str, form: dict[str, str]) -> str:
        """Open a page and send its form with what is hidden in it."""
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.ask(path)))
        return self.ask(path, urlencode(hidden | form).encode())

    def cookie(self, name: str) -> str:
        return next(cookie.value or "" for cookie in self.cookies if cookie.name == name)
