"""The whole site on this machine: PostgreSQL, migrate, two web containers and nginx, with secrets in files."""

import json
import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from time import monotonic, sleep
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, OpenerDirector, Request, build_opener

from tests.configuration.serving import Server
from tests.conftest import REPORT
from tests.container.database import postgresql
from tests.container.podman import Podman
from tests.container.proxy import nginx
from tests.container.web import LONGEST_START_SECONDS, Web, serving
from tests.ports import free_port

SECRETS = ("secret_key", "fingerprint_keys", "database_url", "openai_api_key", "metrics_token", "email_password")
API_KEY = "sk-canary-key-of-the-container-check"
ACCOUNT = "acct_10234"
# What the operator would do in the admin.
ADD_MEMBERSHIP = f"""
from access.models import Membership
from django.contrib.auth.models import User
Membership.objects.create(user=User.objects.get(), account_id="{ACCOUNT}")
"""


@dataclass
class Site(Server):
    """The site as clients see it, at nginx. `process` is nginx."""

    url: str
    trust: ssl.SSLContext
    secrets: Path
    database_url: str
    webs: list[Web]
    token: str = ""
    operator: tuple[str, str] = ("", "")

    def ask(self, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        data = None if body is None else json.dumps(body).encode()
        standard = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        return _open(self.browser(), Request(self.url + path, data, standard | headers))  # noqa: S310

    def browser(self) -> OpenerDirector:
        """Return a browser that keeps cookies and trusts our certificate."""
        return build_opener(HTTPSHandler(context=self.trust), HTTPCookieProcessor(CookieJar()))

    def send_form(self, browser: OpenerDirector, path: str, **fields: str) -> str:
        """Open a page and send its form with these fields. Return the last page."""
        accept = {"Accept": "text/html"}
        _, page = _open(browser, Request(self.url + path, headers=accept))  # noqa: S310
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        data = urlencode(hidden | fields).encode()
        status, page = _open(browser, Request(self.url + path, data, accept | {"Origin": self.url}))  # noqa: S310
        assert status == 200, page
        return page

    def printed_lines(self) -> list[str]:
        """Return all lines that nginx and the containers have printed."""
        files = [self.printed, *(web.printed for web in self.webs)]
        return [line for file in files for line in file.read_text().splitlines()]

    def forbidden_words(self) -> list[str]:
        """Return the words that no line may have."""
        in_files = [path.read_text().strip() for path in self.secrets.iterdir() if path.name in SECRETS]
        return [REPORT, self.token, self.operator[1], *filter(None, in_files)]


def _open(browser: OpenerDirector, request: Request) -> tuple[int, str]:
    try:
        with browser.open(request, timeout=60) as response:
            return response.status, response.read().decode()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


@contextmanager
def site(podman: Podman, checkout: Path, folder: Path, **environment: str) -> Iterator[Site]:
    """Start the site as docs/deploy.md does. `environment` adds variables of the service."""
    secrets, port = checkout / "secrets", free_port()
    with ExitStack() as running:
        password = (secrets / "postgres_password").read_text().strip()
        database_url = running.enter_context(postgresql(password))
        _write(secrets / "database_url", database_url)
        _write(secrets / "openai_api_key", API_KEY)
        options = _options(secrets, ALLOWED_HOSTS="localhost", FORWARDED_ALLOW_IPS="127.0.0.1", **environment)
        outputs = [_manage(podman, options, *command) for command in _FIRST_DEPLOY]
        webs = [running.enter_context(serving(podman, folder, options)) for _ in range(2)]
        process, printed = running.enter_context(nginx(checkout, folder, port, webs))
        made = Site(
            port,
            printed,
            process,
            url=f"https://localhost:{port}",
            trust=ssl.create_default_context(cafile=str(secrets / "tls_certificate.pem")),
            secrets=secrets,
            database_url=database_url,
            webs=webs,
            token=outputs[3].rsplit(maxsplit=1)[-1],
            operator=("operator", outputs[2].rsplit(maxsplit=1)[-1]),
        )
        _wait_for_nginx(made)
        yield made


_FIRST_DEPLOY: tuple[tuple[str, ...], ...] = (
    ("migrate", "--verbosity=0"),
    ("load_demo_records",),
    ("create_operator",),
    ("create_token", "the container check", "--account", ACCOUNT),
    ("shell", "--no-imports", "--command", ADD_MEMBERSHIP),
)


def _write(path: Path, value: str) -> None:
    path.chmod(0o600)
    path.write_text(value)
    path.chmod(0o444)


def _options(secrets: Path, **environment: str) -> tuple[str, ...]:
    """Mount each secret, as compose does, and set these variables."""
    mounts = (f"--volume={secrets / name}:/run/secrets/{name}:ro" for name in SECRETS)
    variables = environment | {"SECRETS_DIR": "/run/secrets"}
    return (*mounts, *(f"--env={name}={value}" for name, value in variables.items()))


def _manage(podman: Podman, options: tuple[str, ...], *arguments: str) -> str:
    run = podman.once("python", "manage.py", *arguments, options=options)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def _wait_for_nginx(site: Site) -> None:
    latest = monotonic() + LONGEST_START_SECONDS
    while monotonic() < latest and site.process.poll() is None:
        try:
            status, _ = site.ask("/readyz")
        except OSError:
            status = 0
        if status == 200:
            return
        sleep(0.05)
    raise AssertionError(site.printed.read_text())
