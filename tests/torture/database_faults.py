"""Faults of a database that answers late or not at all. Each lasts as long as its block."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import psycopg

from config.environment import BASE_DIR
from tests.postgresql import Cluster
from tests.torture.ledgers import query
from tests.torture.servers import wait_until

# The service's connections have this name. The faults and the counts do not.
SERVICE = "service"
END_BACKENDS = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{SERVICE}'"  # noqa: S608 - a name of ours
PAUSE_SECONDS = 0.02
LOCK = "LOCK TABLE traces_tracerecord IN ACCESS EXCLUSIVE MODE"
READ = "SELECT count(*) FROM traces_tracerecord"
ALTER = "ALTER TABLE traces_tracerecord ADD COLUMN x int"
WAITING_FOR_LOCK = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query = '{}'"
CLOSE_INTERRUPTED = """
from time import sleep
import django
django.setup()
from django.core.management import call_command
while True:
    call_command("close_interrupted", skip_checks=True)
    sleep(0.02)
"""


@contextmanager
def ending_backends(postgres: Cluster) -> Iterator[list[int]]:
    """End every connection of the service every 20 ms. Yield how many were ended each time."""
    ended, stopping = list[int](), Event()

    def end() -> None:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            while not stopping.wait(PAUSE_SECONDS):
                [count] = connection.execute(END_BACKENDS).fetchone() or (0,)
                ended.append(count)

    thread = Thread(target=end)
    thread.start()
    try:
        yield ended
    finally:
        stopping.set()
        thread.join()


@contextmanager
def table_locked(postgres: Cluster) -> Iterator[None]:
    """Lock the ledger's table as a migration does."""
    with psycopg.connect(postgres.url) as connection:
        connection.execute(LOCK)
        yield


@contextmanager
def server_frozen(postgres: Cluster) -> Iterator[None]:
    """Stop all processes of the server. The system still accepts connections and bytes for them."""
    server = postgres.running[-1].pid
    # First the parent, which then starts no other process.
    os.kill(server, signal.SIGSTOP)
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    processes = [server, *map(int, children)]
    try:
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


@contextmanager
def alter_behind_reader(postgres: Cluster) -> Iterator[None]:
    """Let an ALTER TABLE wait for a reader, such as a backup. All other statements then wait behind it."""
    with psycopg.connect(postgres.url) as reader, psycopg.connect(postgres.url) as owner:
        reader.execute(READ)
        thread = Thread(target=owner.execute, args=(ALTER,))
        thread.start()
        try:
            is_waiting = wait_until(lambda: query(postgres.url, WAITING_FOR_LOCK.format(ALTER)) == [(1,)], seconds=20)
            assert is_waiting
            yield
        finally:
            reader.rollback()
            thread.join()
            owner.rollback()


def count_left_waiting(postgres: Cluster, *, since: object) -> int:
    """Count the service's connections whose statement or transaction began before this time of the server."""
    old = f"application_name = '{SERVICE}' AND state <> 'idle' AND query_start < '{since}'"
    [(count,)] = query(postgres.url, f"SELECT count(*) FROM pg_stat_activity WHERE {old}")  # noqa: S608 - no input
    return int(count)


def server_time(postgres: Cluster) -> object:
    [(now,)] = query(postgres.url, "SELECT clock_timestamp()")
    return now


@contextmanager
def file_locked(url: str) -> Iterator[None]:
    """Hold SQLite's write lock, as another process that writes does."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def closing_interrupted(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run `close_interrupted` again and again in another process."""
    command = [sys.executable, "-c", CLOSE_INTERRUPTED]
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", **environment}
    with subprocess.Popen(command, cwd=BASE_DIR, env=settings, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()
