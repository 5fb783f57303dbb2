"""Find canary words, in any encoding, in the files and responses of a server."""

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


def encoded_forms(canary: str) -> Iterator[bytes]:
    """Yield a word as plain text, hex, UTF-16, and base64 at each of the three alignments."""
    plain = canary.encode()
    yield from (plain, plain.hex().encode(), canary.encode("utf-16-le"))
    for shift in range(3):
        # The first and last characters depend on their neighbours.
        yield base64.b64encode(b"\0" * shift + plain)[4:-4]


def found_in(text: bytes, canaries: dict[str, str]) -> list[str]:
    return [name for name, canary in canaries.items() if any(form in text for form in encoded_forms(canary))]


def read_files_below(*folders: Path) -> dict[str, bytes]:
    """Read every file: database, write-ahead log, log, mail and cache, which Django compresses."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {
        str(path): _decompressed(path.read_bytes()) if path.suffix == ".djcache" else path.read_bytes()
        for path in files
    }


def _decompressed(entry: bytes) -> bytes:
    return zlib.decompress(entry[entry.index(ZLIB) :])


class NoRedirects(HTTPRedirectHandler):
    """Return a redirect instead of following it."""

    def redirect_request(self, *_redirect: object) -> None:
        return None


@dataclass
class Visitor:
    """A browser with cookies, or a program. It keeps the headers and body of every response."""

    server: Server
    accept: str = "text/html"
    responses: dict[str, bytes] = field(default_factory=dict)
    cookies: CookieJar = field(default_factory=CookieJar)

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> str:
        request = Request(f"http://127.0.0.1:{self.server.port}{path}", body, {"Accept": self.accept, **headers})
        opener = build_opener(HTTPCookieProcessor(self.cookies), NoRedirects)
        try:
            with opener.open(request, timeout=20) as response:
                status, head, content = response.status, response.headers, response.read()
        except HTTPError as refused:
            with refused:
                status, head, content = refused.code, refused.headers, refused.read()
        # Only the owner of a cookie may see its value.
        shown = [f"{name}: {value}" for name, value in head.items() if name.lower() != "set-cookie"]
        self.responses[f"answer {len(self.responses)} {path} {status}"] = "\n".join(shown).encode() + b"\n\n" + content
        return str(content, "utf-8")

    def send_form(self, path: str, form: dict[str, str]) -> str:
        """Open a page and send its form with the hidden fields."""
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.ask(path)))
        return self.ask(path, urlencode(hidden | form).encode())

    def cookie(self, name: str) -> str:
        return next(cookie.value or "" for cookie in self.cookies if cookie.name == name)
