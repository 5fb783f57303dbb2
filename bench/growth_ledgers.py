"""Ledgers of several sizes, each with a server of its own before it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.instant_provider import instant_provider
from bench.lines import say
from bench.ours import COMMAND, environment, manage, prepare
from bench.served import Databases, Server, databases, serving

WORKERS = 2


@dataclass(frozen=True)
class Filled:
    """The cookie is that of an operator who has signed in; the ids are some of the ledger's rows, all over it."""

    seconds: float
    cookie: str
    ids: list[str]


@dataclass(frozen=True)
class Ledger:
    """`databases` is what holds them all: its CPU is that of this ledger while only its server is asked."""

    rows: int
    environment: dict[str, str]
    filled: Filled
    server: Server
    databases: Databases

    @property
    def name(self) -> str:
        return f"{self.rows:,} rows"


@contextmanager
def ledgers(kind: str, sizes: Sequence[int], *, days: float) -> Iterator[list[Ledger]]:
    """Make and fill them one after another; a SQLite file each, or a database each in one PostgreSQL server."""
    with databases(kind) as places, instant_provider() as provider, ExitStack() as servers:
        made = []
        for rows in sizes:
            settings = environment(database_url=places.make(f"rows_{rows}"), provider_url=provider, workers=WORKERS)
            prepare(settings)
            manage(settings, "collectstatic", "--noinput", "--verbosity", "0", "--skip-checks")
            filled = _fill(settings, rows, days=days)
            say(f"{rows:,} rows over {days:g} days, made in {filled.seconds:.0f} s")
            serves = serving(COMMAND, environment=settings, log=places.folder / f"{rows}.log")
            made.append(Ledger(rows, settings, filled, servers.enter_context(serves), places))
        yield made


def _fill(settings: dict[str, str], rows: int, *, days: float) -> Filled:
    script = f"from bench.ledger_fill import fill_here; fill_here({rows}, days={days})"
    return Filled(**json.loads(manage(settings, "shell", "--no-imports", "--command", script)))
