"""A database that is stuck or cuts connections: no request waits beyond its deadline, and no paid answer is lost."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import monotonic, sleep

import pytest

from config.health import FRESH_SECONDS
from tests.boundary.fault_server import answering
from tests.configuration.conftest import VALID, manage_all
from tests.configuration.serving import TOKEN, Server, prepared
from tests.databases import SERVER_OPTIONS
from tests.postgresql import Cluster, cluster, find_programs
from tests.torture.conftest import LONG, Promise, model_settings
from tests.torture.database_faults import (
    SERVICE,
    alter_behind_reader,
    closing_interrupted,
    count_left_waiting,
    ending_backends,
    file_locked,
    server_frozen,
    server_time,
    table_locked,
)
from tests.torture.figures import Figures
from tests.torture.ledgers import keep_history, rows, write
from tests.torture.servers import CLIENTS, ROTATION, serve_in_own_session, wait_until
from tests.torture.timed_clients import (
    RECOVERED_SECONDS,
    Answer,
    NotingModel,
    TimedLoad,
    Watch,
    counted,
    longest,
    read_at_once,
    wait_for_recovery,
    watched,
)
from traces.deadlines import CLOSING_SECONDS, PROBE_SECONDS

# The databases are this module's own, so it runs beside the suites of both.
pytestmark = pytest.mark.any_database
on_postgresql = pytest.mark.skipif(find_programs() is None, reason="there is no PostgreSQL to disturb")
long_form = pytest.mark.skipif(not LONG, reason="make torture")

DEADLINE_SECONDS, GRACE_SECONDS = 1, 1
READYZ_SECONDS = 2
# A short fault is held until it is noticed: a busy machine may need that long.
UNTIL_NOTICED_SECONDS = 12
# /readyz may answer what a process found a second ago, while its next check is under way.
STALE_SECONDS = FRESH_SECONDS + PROBE_SECONDS
# How much longer than promised a busy machine may take. The printed lines have the real times.
SPARE_SECONDS = 3
SLOWEST_SECONDS = 0.2
# As the boot requires: a thread for each place of a decision or a read, and eight more.
PLACES = {"READS_IN_FLIGHT": "16", "WEB_THREADS": "40"}
Fault = Callable[[Cluster], AbstractContextManager[object]]


@dataclass
class Service:
    """A web server, the address of its database for the test's own queries, and the model that it asks."""

    server: Server
    url: str
    environment: dict[str, str]
    model: NotingModel


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with cluster(*SERVER_OPTIONS) as server:
        yield server


@pytest.fixture(scope="module")
def served_once(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One server for all faults of PostgreSQL, because its start takes longer than a fault."""
    folder = tmp_path_factory.mktemp("served")
    environment = VALID | {
        "DATABASE_URL": f"{postgres.url}&application_name={SERVICE}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "ACCESS": "open",
        "METRICS_TOKEN": TOKEN,
        "TMPDIR": str(folder),
        "PATH": os.environ["PATH"],
    }
    with ThreadPoolExecutor(1) as beside:
        migrating = beside.submit(manage_all, "migrate", "load_demo_records", environment=environment)
        with _served(folder, postgres.url, environment) as service:
            assert migrating.result().returncode == 0, migrating.result().stderr
            keep_history(postgres.url)
            yield service


@pytest.fixture
def on_cluster(served_once: Service) -> Service:
    """The server on PostgreSQL, with an empty ledger."""
    write(served_once.url, ["TRUNCATE traces_tracerecord, tickets_ticket, endings CASCADE"])
    served_once.model.slowest_seconds = SLOWEST_SECONDS
    return served_once


@pytest.fixture
def on_file(tmp_path: Path, demo_database: str) -> Iterator[Service]:
    """A server on SQLite, with an empty ledger."""
    with (
        prepared(tmp_path, demo_database) as environment,
        _served(tmp_path, environment["DATABASE_URL"], environment) as service,
    ):
        keep_history(service.url)
        yield service


@contextmanager
def _served(folder: Path, url: str, environment: dict[str, str]) -> Iterator[Service]:
    model = NotingModel(SLOWEST_SECONDS)
    with answering(model.answer) as listening:
        environment = environment | model_settings(listening) | PLACES
        with serve_in_own_session(folder, environment) as server:
            yield Service(server, url, environment, model)


def wait_until_back(seen: Watch) -> float:
    """Wait for decisions and readiness. Return the seconds that the decisions took; inf if one of both is missing."""
    back_after = wait_for_recovery(seen.load)
    return back_after if wait_until(lambda: seen.is_ready, UNTIL_NOTICED_SECONDS) else inf


def add_answers(figures: Figures, load: TimedLoad) -> None:
    """Add how long the clients waited. A request without a row waits for its first write, others for their last."""
    limit = DEADLINE_SECONDS + SPARE_SECONDS
    problems = {answer.problem for answer in load.answers if answer.status != 200}
    figures.add("answers", counted(load.answers), good=set(load.statuses) <= {200, 503})
    figures.add("problems", problems or "none", good=problems <= {"ledger-unavailable", "too-many-waiting"})
    figures.add_seconds("longest answer", longest(load.answers), limit=limit + CLOSING_SECONDS)
    figures.add_seconds("longest without a row", longest(load.refused), limit=limit)


def add_probes(figures: Figures, seen: Watch) -> None:
    figures.add("/healthz", counted(seen.alive), good={answer.status for answer in seen.alive} == {200})
    figures.add_seconds("worst /healthz", longest(seen.alive), limit=SPARE_SECONDS)
    figures.add_seconds("worst /readyz", longest(seen.ready), limit=READYZ_SECONDS + SPARE_SECONDS)


def answers_since(began_at: float, answers: list[Answer]) -> list[Answer]:
    """Return the answers so far to what was asked since then."""
    return [answer for answer in answers if answer.asked_at >= began_at]


def is_noticed(seen: Watch, *, since: float) -> bool:
    """Return whether /readyz has told of the fault since then."""
    return any(answer.status == 503 for answer in answers_since(since, seen.ready))


@on_postgresql
def test_cut_connections_lose_no_paid_answer(on_cluster: Service, postgres: Cluster, promise: Promise) -> None:
    figures, seconds = Figures(), 30 if LONG else 0.5

    with watched(on_cluster.server) as seen:
        assert wait_until_back(seen) < inf
        with ending_backends(postgres) as ended:
            sleep(seconds)
        back_after = wait_until_back(seen)

    figures.add_ledger(on_cluster.url, seen.load, on_cluster.model)
    add_answers(figures, seen.load)
    add_probes(figures, seen)
    figures.add("/readyz", counted(seen.ready), good=True)
    figures.add_seconds("back after", back_after, limit=RECOVERED_SECONDS)
    promise(2, f"connections cut every 20 ms for {seconds} s, {sum(ended):,} of them: {figures}")
    assert not figures.beyond, figures.beyond


STUCK = [
    pytest.param(table_locked, 1.5, 300, id="lock, 300 reads"),
    pytest.param(server_frozen, 1.5, 0, id="frozen"),
    pytest.param(alter_behind_reader, 1.5, 0, id="ALTER TABLE", marks=long_form),
    pytest.param(table_locked, 30, 0, id="long lock", marks=long_form),
    pytest.param(table_locked, 30, 1500, id="long lock, 1500 reads", marks=long_form),
    pytest.param(server_frozen, 30, 0, id="long frozen", marks=long_form),
    pytest.param(alter_behind_reader, 30, 0, id="long ALTER TABLE", marks=long_form),
]


@on_postgresql
@pytest.mark.parametrize(("fault", "seconds", "reads"), STUCK)
def test_stuck_database_holds_no_request_beyond_its_deadline(
    on_cluster: Service, postgres: Cluster, fault: Fault, seconds: float, reads: int, promise: Promise
) -> None:
    figures, server = Figures(), on_cluster.server

    with watched(server) as seen, ThreadPoolExecutor(1) as beside:
        assert wait_until_back(seen) < inf
        results = list(seen.load.acknowledged.values())
        address = next(f"/rotation/{result['trace_id']}" for result in results if "trace_id" in result)
        with fault(postgres):
            began_at = monotonic()
            reading = beside.submit(read_at_once, server, address, times=reads)
            sleep(seconds)
            wait_until(lambda: is_noticed(seen, since=began_at), seconds=UNTIL_NOTICED_SECONDS - seconds)
            held_seconds = monotonic() - began_at
            refused, ready = answers_since(began_at, seen.load.refused), answers_since(began_at, seen.ready)
        since = server_time(postgres)
        back_after = wait_until_back(seen)
        is_clear = wait_until(lambda: not count_left_waiting(postgres, since=since), RECOVERED_SECONDS)

    # An answer that is under way when a long fault begins cannot be kept until its end.
    is_short = held_seconds < DEADLINE_SECONDS + CLOSING_SECONDS
    figures.add_ledger(on_cluster.url, seen.load, on_cluster.model, lost_at_most=0 if is_short else CLIENTS)
    add_answers(figures, seen.load)
    # The answers that wait to be written down may keep all clients busy during a short one.
    figures.add("refused meanwhile", len(refused), good=is_short or bool(refused))
    add_probes(figures, seen)
    late = {answer.status for answer in ready if answer.asked_at > began_at + STALE_SECONDS}
    figures.add("/readyz meanwhile", counted(ready), good=late <= {503} and bool(late) >= (not is_short))
    add_reads(figures, reading.result())
    figures.add("connections left waiting", not is_clear, good=is_clear)
    figures.add_seconds("back after", back_after, limit=RECOVERED_SECONDS)
    promise(3, f"{fault.__name__} for {held_seconds:.1f} s: {figures}")
    assert not figures.beyond, figures.beyond


def add_reads(figures: Figures, reads: list[Answer]) -> None:
    problems = {answer.problem for answer in reads if answer.status == 503}
    figures.add("reads", counted(reads), good={answer.status for answer in reads} <= {200, 503})
    figures.add("problems of reads", problems or "none", good=problems <= {"ledger-unavailable", "too-many-waiting"})
    figures.add_seconds("longest read", longest(reads), limit=DEADLINE_SECONDS + SPARE_SECONDS)


@long_form
@pytest.mark.parametrize(("seconds", "times"), [(1.5, 10), (30, 1)])
def test_each_write_waits_its_own_time_for_the_file(
    on_file: Service, seconds: float, times: int, promise: Promise
) -> None:
    figures = Figures()

    with watched(on_file.server) as seen:
        assert wait_until_back(seen) < inf
        for _ in range(times):
            with file_locked(on_file.url):
                sleep(seconds)
            back_after = wait_until_back(seen)

    lost_at_most = 0 if seconds < DEADLINE_SECONDS + CLOSING_SECONDS else CLIENTS
    figures.add_ledger(on_file.url, seen.load, on_file.model, lost_at_most=lost_at_most)
    add_answers(figures, seen.load)
    shortest = min((answer.seconds for answer in seen.load.refused), default=inf)
    figures.add("shortest without a row", f"{shortest:.2f} s", good=shortest >= DEADLINE_SECONDS)
    add_probes(figures, seen)
    figures.add("/readyz", counted(seen.ready), good=True)
    figures.add_seconds("back after", back_after, limit=RECOVERED_SECONDS)
    promise(3, f"SQLite locked {times} times for {seconds} s: {figures}")
    assert not figures.beyond, figures.beyond


@long_form
def test_write_succeeds_after_its_leader_has_waited_too_long(on_file: Service, promise: Promise) -> None:
    load, server = TimedLoad(), on_file.server

    with ThreadPoolExecutor(CLIENTS) as threads:
        with file_locked(on_file.url):
            first = threads.submit(load.send_one, server, *ROTATION)
            sleep(0.8 * DEADLINE_SECONDS)
            others = [threads.submit(load.send_one, server, *ROTATION) for _ in range(CLIENTS - 1)]
            first.result()
        for other in others:
            other.result()

    waits = ", ".join(f"{answer.status} after {answer.seconds:.2f} s" for answer in load.answers)
    promise(3, f"SQLite locked until the first is refused, seven more came after 0.8 s: {waits}")
    assert load.statuses == [503, *[200] * (CLIENTS - 1)]


@long_form
@on_postgresql
def test_no_row_is_overdue_when_its_table_is_unlocked(on_cluster: Service, postgres: Cluster, promise: Promise) -> None:
    check_overdue_rows(on_cluster, lambda: table_locked(postgres), promise)


@long_form
def test_no_row_is_overdue_when_its_file_is_unlocked(on_file: Service, promise: Promise) -> None:
    check_overdue_rows(on_file, lambda: file_locked(on_file.url), promise)


def check_overdue_rows(
    service: Service, locked: Callable[[], AbstractContextManager[object]], promise: Promise
) -> None:
    """Hold up first writes, half of them beyond deadline and grace, while overdue rows are closed all the time."""
    waits = (DEADLINE_SECONDS + GRACE_SECONDS + 1, 0.5 * DEADLINE_SECONDS) * 6
    figures, load = Figures(), TimedLoad()
    service.model.slowest_seconds = 0.8 * DEADLINE_SECONDS

    with closing_interrupted(service.environment) as closing:
        for seconds in waits:
            with ThreadPoolExecutor(CLIENTS) as threads:
                with locked():
                    sending = [threads.submit(load.send_one, service.server, *ROTATION) for _ in range(CLIENTS)]
                    sleep(seconds)
                for each in sending:
                    each.result()
        assert closing.poll() is None

    interrupted = {key for key, row in rows(service.url).items() if row["error_code"] == "interrupted"}
    figures.add_ledger(service.url, load, service.model)
    figures.add("interrupted", len(interrupted))
    figures.add_count("of them asked about", len(interrupted & service.model.asked))
    add_answers(figures, load)
    promise(2, f"{len(waits)} x {CLIENTS} first writes held up for {waits[0]} s and {waits[1]} s in turn: {figures}")
    assert not figures.beyond, figures.beyond
