"""A customer's browser as servers see it: it keeps cookies and sends forms."""

import re
from dataclasses import dataclass, field
from http.client import HTTPMessage
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, Request, build_opener

from tests.configuration.serving import Server
from tests.conftest import report
from tests.rollback.releases import SCHEME

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class NoRedirects(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


@dataclass(frozen=True)
class Page:
    status: int
    text: str
    location: str


def _opener() -> OpenerDirector:
    # The proxy in front ends TLS, so cookies for HTTPS alone are sent over what is plain HTTP here.
    cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("http",)))
    return build_opener(HTTPCookieProcessor(cookies), NoRedirects())


@dataclass
class Browser:
    """Cookies belong to a host and not to a port, so each server gets those of the other."""

    opener: OpenerDirector = field(default_factory=_opener)

    def get(self, server: Server, path: str) -> Page:
        return self._send(server, path, None)

    def post(self, server: Server, path: str, form: Page, **fields: str) -> Page:
        """Send a form with the hidden fields of its page."""
        return self._send(server, path, urlencode(dict(HIDDEN.findall(form.text)) | fields).encode())

    def ask(self, shown_by: Server, sent_to: Server, account_id: str = "acct_10234") -> Page:
        """Open the form of one server and send it to another."""
        return self.post(sent_to, "/", self.get(shown_by, "/"), **report(account_id))

    def sign_in(self, server: Server, name: str, password: str) -> Page:
        form = self.get(server, "/admin/login/")
        return self.post(server, "/admin/login/", form, username=name, password=password)

    def _send(self, server: Server, path: str, body: bytes | None) -> Page:
        place = f"127.0.0.1:{server.port}"
        headers = {"Accept": "text/html", "Origin": f"{SCHEME}://{place}", "X-Forwarded-Proto": SCHEME}
        request = Request(f"http://{place}{path}", body, headers)
        try:
            response = self.opener.open(request, timeout=20)
        except HTTPError as error:
            response = error
        with response:
            return Page(response.status, response.read().decode(), response.headers.get("Location", ""))
