"""An issuer of single sign-on on loopback, which signs whatever a test wants."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey
from pytest_django import Settings

from tests.conftest import Response

CLIENT_ID, CLIENT_SECRET = "decisions", "client-secret-7d1e"
CALLBACK = "/sign-in/oidc/callback"
DISCOVERY = "/.well-known/openid-configuration"
KEY, STRANGE_KEY = (ECKey.generate_key("P-256", {"kid": kid}) for kid in ("ours", "strange"))


@dataclass
class TinyIssuer:
    """`id_token` is what the next code is exchanged for; `answers` replaces the answer of a path."""

    url: str = ""
    id_token: object = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, list[str]], str | None]] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, Any]:
        usual: dict[str, Any] = {
            DISCOVERY: {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                **self.discovery,
            },
            "/keys": {"keys": [KEY.as_dict(private=False)]},
            "/token": {"id_token": self.id_token, "access_token": "access-7d1e", "token_type": "Bearer"},
        }
        return self.answers.get(path) or (200, usual[path])

    def claims(self, nonce: str, /, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        usual = {"iss": self.url, "aud": CLIENT_ID, "sub": "ada-1", "iat": now, "exp": now + 300, "nonce": nonce}
        return {**usual, "preferred_username": "ada", **more}

    def sign(self, nonce: str, /, **more: Any) -> str:
        return jwt.encode({"alg": "ES256", "kid": "ours"}, self.claims(nonce, **more), KEY)


@contextmanager
def tiny_issuer() -> Iterator[TinyIssuer]:
    issuer = TinyIssuer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
            issuer.asked.append((self.path, form, self.headers.get("Authorization")))
            status, body = issuer.answer(self.path)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()


def trust(settings: Settings, url: str, **more: object) -> None:
    usual = {"ISSUER": url, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET}
    for name, value in {**usual, **more}.items():
        setattr(settings, f"OIDC_{name}", value)


def begin(browser: Client, following: str = "/") -> dict[str, str]:
    """Begin a sign-in, and return what the browser is sent to the issuer with."""
    response = browser.get("/sign-in/oidc", {"next": following})
    assert response.status_code == 302, response.text
    return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}


def come_back(
    browser: Client, issuer: TinyIssuer, make: Callable[[str], object] | None = None, *, code: str = "code-7d1e"
) -> Response:
    """Begin a sign-in and come back from it, with a token that `make` makes from the nonce."""
    sent = begin(browser)
    issuer.id_token = (make or issuer.sign)(sent["nonce"])
    return browser.get(CALLBACK, {"state": sent["state"], "code": code})


def with_groups(issuer: TinyIssuer, *groups: str, **more: Any) -> Callable[[str], str]:
    return lambda nonce: issuer.sign(nonce, groups=list(groups), **more)
