"""What visitors do: decisions by JSON and by the form, pages, probes, and what the service refuses."""

import json
import re
from collections.abc import Callable
from http.client import HTTPConnection
from secrets import token_hex
from urllib.parse import urlencode

from bench.ours import METRICS_TOKEN

DECIDE, JSON = "/rotation/decide", {"Content-Type": "application/json"}
HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|submission_key)" value="([^"]+)"')
# No longer than a proxy in front would wait.
TIMEOUT_SECONDS = 60


class Unexpected(Exception):
    """The service answered something else than this visit is for."""


class Visitor:
    """One browser or program: a connection, and the cookies that it was given."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, str, str]:
        """Ask as a program without cookies; return status, body, and where it leads to, if anywhere."""
        self.connection.request(method, path, body, headers)
        with self.connection.getresponse() as response:
            for cookie in response.headers.get_all("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return response.status, response.read().decode(), response.headers["Location"] or ""

    def browse(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, str]:
        headers = {"Accept": "text/html", "Origin": f"http://127.0.0.1:{self.connection.port}"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if fields is None:
            return self.ask(method, path, **headers)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self.ask(method, path, urlencode(fields), **headers)


def decide(visitor: Visitor) -> None:
    status, told, _ = visitor.ask("POST", DECIDE, _report(), **JSON)
    _expect(told if status == 200 else "", '"completed"', status)


def fail(visitor: Visitor) -> None:
    """The provider fails, or what it says cannot be proven; the answer is one all the same."""
    status, told, _ = visitor.ask("POST", DECIDE, _report("The provider fails here: "), **JSON)
    _expect(told if status == 200 else "", '"failed"', status)


def unknown(visitor: Visitor) -> None:
    status, told, _ = visitor.ask("POST", DECIDE, _report(account_id="acct_99999"), **JSON)
    _expect(told if status == 200 else "", "account_unknown", status)


def form(visitor: Visitor) -> None:
    """Open the form, send it, and read the page of the result."""
    _, page, _ = visitor.browse("GET", "/")
    status, _, leads_to = visitor.browse("POST", "/", dict(HIDDEN.findall(page)) | json.loads(_report()))
    if status != 303:
        raise Unexpected(f"status {status}")
    status, page, _ = visitor.browse("GET", leads_to)
    _expect(page if status == 200 else "", "Eligible under P-7", status)


def look(visitor: Visitor) -> None:
    status, page, _ = visitor.browse("GET", "/")
    _expect(page if status == 200 else "", "Describe a stale service-account key", status)


def refused(visitor: Visitor) -> None:
    """Send what is too short, not JSON, not even said to be JSON, and too long."""
    for body, headers, expected in (
        ('{"account_id": "acct_10234", "credential_report": "short"}', JSON, 422),
        ('{"account_id": ', JSON, 422),
        (_report(), {"Content-Type": "text/plain"}, 415),
        (_report("x" * 20_000), JSON, 413),
    ):
        status, _, _ = visitor.ask("POST", DECIDE, body, **headers)
        if status != expected:
            raise Unexpected(f"status {status} for {expected}")


def probe(visitor: Visitor) -> None:
    for path in ("/healthz", "/readyz"):
        status, _, _ = visitor.ask("GET", path)
        if status != 200:
            raise Unexpected(f"status {status}")


def scrape(visitor: Visitor) -> None:
    status, told, _ = visitor.ask("GET", "/metrics", Authorization=f"Bearer {METRICS_TOKEN}")
    _expect(told if status == 200 else "", "# TYPE", status)


VISITS: dict[str, Callable[[Visitor], None]] = {
    "decide": decide,
    "fail": fail,
    "unknown": unknown,
    "form": form,
    "look": look,
    "refused": refused,
    "probe": probe,
    "scrape": scrape,
}


def _report(before: str = "", *, account_id: str = "acct_10234") -> str:
    text = f"{before}Service-account key {token_hex(8)} is older than policy and marked stale."
    return json.dumps({"account_id": account_id, "credential_report": text})


def _expect(told: str, expected: str, status: int) -> None:
    if expected not in told:
        raise Unexpected(f"status {status}")
