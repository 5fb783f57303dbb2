"""Who is measured: this service in three settings, and its peers, each started with a fresh database of its own."""

import re
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench import ours
from bench.load import ROOT, Plan
from bench.served import Databases, Server, serving

PEERS = ROOT / ".venv-bench/bin"
TEXTBOOK = "bench.peers.django_textbook"
BEST = "bench.peers.fastapi_sqlalchemy_best:app"


@dataclass(frozen=True)
class Contender:
    """
    One who decides. `app` is a peer's, None is this service; `environment` is what it gets beside the usual.

    `table` holds its rows, if it keeps any: the best of the peers write our row, into our table. `threads` are how many
    requests a worker takes at a time, None for as many as its framework has by default. `checkout` is the folder of the
    service, which has a virtual environment of its own if it is not this one.
    """

    app: str | None = None
    path: str = "/rotation/decide"
    table: str | None = None
    threads: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    members: bool = False
    checkout: Path = ROOT


OURS = Contender(table="traces_tracerecord")
# More than the load can reach in a day, so that nothing is refused: every decision walks the day's rows so far.
LIMITS = {"SUBMITTER_DECISIONS_PER_DAY": "100000"}
CONTENDERS = {
    "ours": OURS,
    "ours, members with tokens": Contender(table=OURS.table, members=True, environment={"ACCESS": "members"}),
    "ours, with a limit a day": Contender(table=OURS.table, environment=LIMITS),
    "FastAPI, dict, .parse": Contender("bench.peers.fastapi_dict:app"),
    "FastAPI async, dict, .parse": Contender("bench.peers.fastapi_dict_async:app"),
    "FastAPI, SQLAlchemy, .parse": Contender("bench.peers.fastapi_sqlalchemy:app", table="traces"),
    "FastAPI, SQLAlchemy, best": Contender(BEST, table=OURS.table),
    "FastAPI, SQLAlchemy, best, no SDK": Contender(BEST, table=OURS.table, environment={"BARE": "yes"}),
    "Django textbook, .parse": Contender(TEXTBOOK, table="django_textbook_trace"),
    "Django, best": Contender(TEXTBOOK, "/best", table=OURS.table, environment={"PLAIN": "yes"}),
    "Django, best, no SDK": Contender(TEXTBOOK, "/best", table=OURS.table, environment={"PLAIN": "yes", "BARE": "yes"}),
}


@dataclass(frozen=True)
class Running:
    """A contender that serves; `plan` is how it is to be sent to, `database_url` where its rows are."""

    server: Server
    path: str
    headers: Mapping[str, str]
    database_url: str
    table: str | None

    def plan(self, **how: float) -> Plan:
        return Plan(port=self.server.port, path=self.path, headers=self.headers, **how)  # type: ignore[arg-type]

    def rows_not_terminal(self) -> int | None:
        """Count what was left running; None for who keeps no rows."""
        if self.table is None:
            return None
        query = f"SELECT count(*) FROM {self.table} WHERE status = 'running'"  # noqa: S608 - a table of ours
        file = re.sub("^sqlite:///", "", self.database_url)
        opened = sqlite3.connect(file) if file != self.database_url else psycopg.connect(self.database_url)
        with closing(opened) as connection:
            return int(next(iter(connection.execute(query)))[0])


@contextmanager
def running(
    name: str,
    contender: Contender,
    *,
    databases: Databases,
    provider_url: str,
    workers: int = 1,
    core: int | None = None,
) -> Iterator[Running]:
    """Prepare its database and serve until the block ends."""
    word = re.sub("[^a-z0-9]+", "_", name.lower())
    url = databases.make(word)
    settings = ours.environment(database_url=url, provider_url=provider_url, workers=workers, **contender.environment)
    headers = {}
    if contender.table == OURS.table:
        ours.prepare(settings, contender.checkout)
    if contender.app is None:
        if contender.members:
            headers["Authorization"] = f"Bearer {ours.token(settings)}"
        command = ours.command(contender.checkout)
    else:
        command, settings = _peer(contender.app, contender.threads, settings, workers=workers)
    log = databases.folder / f"{word}.log"
    with serving(command, environment=settings, log=log, core=core, folder=contender.checkout) as server:
        yield Running(server, contender.path, headers, url, contender.table)


def _peer(
    app: str, threads: int | None, settings: dict[str, str], *, workers: int
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Serve FastAPI by uvicorn, which `fastapi run` starts too, and Django by gunicorn's threads, as we do."""
    if not PEERS.exists():
        raise SystemExit(
            "The peers are not installed: make a virtual environment .venv-bench of bench/requirements.txt."
        )
    if app == TEXTBOOK:
        settings |= {"DJANGO_SETTINGS_MODULE": f"{TEXTBOOK}.settings"}
        migrate = [str(PEERS / "django-admin"), "migrate", "--run-syncdb", "--verbosity=0"]
        subprocess.run(migrate, env=settings | {"PYTHONPATH": str(ROOT)}, cwd=ROOT, check=True)
        how = ("--config=/dev/null", "--worker-class=gthread", f"--threads={threads or 128}", "--no-control-socket")
        return (str(PEERS / "gunicorn"), "--bind=127.0.0.1:{port}", *how, f"{TEXTBOOK}.wsgi:application"), settings
    if threads:
        settings |= {"THREADS": str(threads)}
    quiet = ("--no-access-log", "--log-level=warning", f"--workers={workers}")
    return (str(PEERS / "uvicorn"), "--port={port}", *quiet, app), settings
