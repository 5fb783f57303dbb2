"""Logs and metrics of the real web server: the sum of two workers, and no line that quotes a customer."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest
from prometheus_client.mmap_dict import MmapedDict

from config.settings_checks import UNLIMITED
from tests.configuration.conftest import manage
from tests.configuration.serving import Server, prepared, serving
from tests.conftest import report
from tests.ports import free_port
from tests.torture.servers import serve_in_own_session, wait_until, worker_pids

pytestmark = pytest.mark.any_database

CANARY = "canary-7d1e"
BOTH_WORKERS = {"WEB_CONCURRENCY": "2"}
# The server reads what follows the two bytes of the body as the next request.
SHORT_CONTENT_LENGTH = b"""POST /rotation/decide HTTP/1.1\r
Host: 127.0.0.1\r
Content-Type: application/json\r
Content-Length: 2\r
\r
{}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def environment(folder: Path, demo_database: str) -> Iterator[dict[str, str]]:
    """The variables of a server with one worker, because starting each takes a second."""
    with prepared(folder, demo_database) as environment:
        yield environment | {"WEB_CONCURRENCY": "1"}


def counts(server: Server, folder: Path, kind: str) -> list[str]:
    """Return the files of the server's slots. They are links to its memory, which is elsewhere for this process."""
    links = sorted((folder / "temporary").glob(f"metrics-*/{kind}_*.db"))
    return [str(link.readlink()).replace("self", str(server.process.pid)) for link in links]


def workers_that_counted(server: Server, folder: Path) -> int:
    read: Callable[[str], Iterator[object]] = MmapedDict.read_all_values_from_file
    return sum(any(True for _ in read(file)) for file in counts(server, folder, "counter"))


def decide_until_both_workers_counted(server: Server, folder: Path) -> int:
    """Request decisions in parallel until each worker has made some; return how many were made."""
    made, latest = 0, monotonic() + 30
    with ThreadPoolExecutor(8) as threads:
        while workers_that_counted(server, folder) < 2 and monotonic() < latest:
            answers = list(threads.map(lambda _: server.ask("/rotation/decide", report()), range(8)))
            assert [status for status, _ in answers] == [200] * 8
            made += len(answers)
    return made


def count_in_flight(file: str, number: float) -> None:
    counts = MmapedDict(file)  # type: ignore[no-untyped-call]
    [(key, *_)] = counts.read_all_values()  # type: ignore[no-untyped-call]
    counts.write_value(key, number, 0.0)  # type: ignore[no-untyped-call]
    counts.close()  # type: ignore[no-untyped-call]


def test_a_scrape_sums_up_both_workers_and_keeps_the_counts_of_killed_ones(
    folder: Path, environment: dict[str, str]
) -> None:
    with serving(folder, environment | BOTH_WORKERS) as server:
        made = decide_until_both_workers_counted(server, folder)
        for file in counts(server, folder, "gauge_livesum")[:2]:
            count_in_flight(file, 3)
        before, killed = server.figures(), worker_pids(server)

        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: set(worker_pids(server)).isdisjoint(killed), seconds=10)
        after = server.figures()
        made_since = len([server.ask("/rotation/decide", report()) for _ in range(4)])
        last = server.figures()

    assert before["decisions_total"] == before["decision_own_seconds_count"] == after["decisions_total"] == made
    assert last["decisions_total"] == last["decision_own_seconds_count"] == made + made_since
    assert (before["decisions_in_flight"], after["decisions_in_flight"]) == (6, 0)


def test_a_restart_counts_from_zero_and_leaves_no_files(folder: Path, environment: dict[str, str]) -> None:
    with serving(folder, environment) as server:
        server.ask("/rotation/decide", report())
        [private] = (folder / "temporary").glob("metrics-*")
        mode = private.stat().st_mode & 0o777
    between = list((folder / "temporary").glob("metrics-*"))
    with serving(folder, environment) as server:
        scraped = server.figures()

    assert (mode, between) == (0o700, [])
    assert "decisions_total" not in scraped


def test_no_process_may_write_a_core_dump(tmp_path: Path, environment: dict[str, str]) -> None:
    """A dump would hold customers' texts and secrets. Here the machine allows the largest that it can."""
    allowing = ("sh", "-c", 'ulimit -S -c "$(ulimit -H -c)" && exec "$@"', "sh")
    own = environment | {"TMPDIR": str(tmp_path)}
    with serve_in_own_session(tmp_path, own, within=allowing) as server:
        limits = [Path(f"/proc/{pid}/limits").read_text() for pid in (server.process.pid, *worker_pids(server))]

    core = [line.split()[4:6] for text in limits for line in text.splitlines() if line.startswith("Max core file")]
    assert core == [["0", "0"]] * 2


def test_what_is_unwise_is_logged_once(folder: Path, environment: dict[str, str]) -> None:
    """By the first of two workers."""
    model = {"DECISION_PROVIDER": "openai", "OPENAI_MODEL": "away", "OPENAI_API_KEY": "none"}
    model |= {"OPENAI_REASONING_EFFORT": "high", "OPENAI_BASE_URL": f"http://127.0.0.1:{free_port()}"}
    with serving(folder, environment | model | BOTH_WORKERS) as server:
        decide_until_both_workers_counted(server, folder)
        lines = server.lines()

    unlimited, cut_short = [line for line in lines if line["logger"] == "config.boot"]
    assert (unlimited["level"], unlimited["event"]) == ("warning", UNLIMITED)
    assert "with effort high" in cut_short["event"]


def test_too_few_threads_stop_the_boot_of_the_web_server_only(
    folder: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    # If gunicorn ends without its last hook, the folder of the counts is left.
    few = environment | {
        "DECISIONS_IN_FLIGHT": "20",
        "READS_IN_FLIGHT": "9",
        "WEB_THREADS": "36",
        "TMPDIR": str(tmp_path),
    }

    with pytest.raises(AssertionError) as stopped, serving(folder, few):
        pass

    sum_of = "DECISIONS_IN_FLIGHT (20) + READS_IN_FLIGHT (9) + 8 for probes"
    numbers = f"WEB_THREADS: is 36, must be at least 37: {sum_of}"
    assert numbers in str(stopped.value).splitlines()
    assert manage("check", environment=few).returncode == 0


def test_too_short_a_time_to_stop_stops_the_boot(tmp_path: Path, environment: dict[str, str]) -> None:
    short = environment | {"GUNICORN_CMD_ARGS": "--graceful-timeout 20", "TMPDIR": str(tmp_path)}

    with pytest.raises(AssertionError) as stopped, serving(tmp_path, short | {"DECISION_DEADLINE_SECONDS": "16"}):
        pass

    sum_of = "DECISION_DEADLINE_SECONDS (16) + 5 to write the answer"
    assert f"graceful_timeout: is 20 s, must be at least 21 s: {sum_of}" in str(stopped.value).splitlines()


def test_every_line_is_an_object_and_none_quotes_a_client(folder: Path, environment: dict[str, str]) -> None:
    """Even if gunicorn's own access log is switched on."""
    with serving(folder, environment | {"GUNICORN_CMD_ARGS": "--access-logfile -"}) as server:
        _, answer = server.ask("/rotation/decide", report(text=f"{CANARY} of a stale service-account key"))
        server.ask(f"/rotation/{CANARY}?{CANARY}", Authorization=CANARY, Referer=CANARY)
        server.ask("/", Host=CANARY)
        server.send(SHORT_CONTENT_LENGTH + CANARY.encode() + b"\r\n\r\n")
        server.send(CANARY.encode() + b"\r\n\r\n")

    lines = server.lines()
    decided, *others = [line for line in lines if "route" in line]
    assert (decided["route"], decided["status"], decided["trace_id"] in answer) == ("/rotation/decide", 200, True)
    assert [line["status"] for line in others] == [404, 400, 422]
    assert {line["logger"] for line in lines} >= {"gunicorn.error", "config.access_log"}
    assert [line["event"] for line in lines].count("Invalid request") == 2
    assert CANARY not in server.printed.read_text()
