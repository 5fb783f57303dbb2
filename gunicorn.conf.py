"""
Settings of the web server. There are many threads, because they wait for the model; two processes share the CPU work.

A worker that stops waits for the longest decision and for the writing of its answer, and the container waits longer
than the worker. Then no deploy leaves a row running.
"""

import gc
import logging
import os
import resource
import shutil
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker
from prometheus_client import values

from config.logging import CONFIGURATION
from traces.deadlines import CLOSING_SECONDS, LONGEST_SECONDS

METRICS = "PROMETHEUS_MULTIPROC_DIR"
TMPDIR = os.environ.get("TMPDIR", "/tmp")  # noqa: S108

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "config.web_server.DrainingWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "128"))
# A connection takes a descriptor, and a thread up to eight more: those of libcurl and the database's files. The counts
# take nine for each worker. If none is left, a new connection breaks gunicorn's worker. Connections beyond this number
# wait in the listener's queue.
descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
worker_connections = max(2 * threads, min(1000, descriptors - 8 * threads - 9 * workers - 100))
graceful_timeout = LONGEST_SECONDS + CLOSING_SECONDS + 5
timeout = graceful_timeout + 10
keepalive = 5
control_socket_disable = True
# A worker's heartbeat is a file. If it cannot be made, the arbiter ends: keep it away from what fills TMPDIR.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else TMPDIR  # noqa: S108
# No proxy sends a header that says where the service is mounted. If a client sent one, the answer would be a 500.
forwarder_headers = ""
# The server's own lines and Python's warnings have the service's format, too.
logconfig_dict = CONFIGURATION
logger_class = "config.web_server.ServerLog"
logging.captureWarnings(capture=True)


def on_starting(server: Arbiter) -> None:
    """Forbid core dumps here and in the workers: a dump would hold customers' texts and every secret."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _link_counts(TMPDIR, slots=3 * server.cfg.workers)
    except OSError:
        _link_counts(worker_tmp_dir, slots=3 * server.cfg.workers)


def _link_counts(place: str, *, slots: int) -> None:
    """
    Create a new, private folder in which the files of prometheus_client are links to memory, some for each slot.

    It maps its files. On a disk their blocks would be allocated later, so a count on a full disk would kill the worker.
    """
    os.environ[METRICS] = tempfile.mkdtemp(prefix="metrics-", dir=place)
    # Only Linux has such memory. Elsewhere, where nobody deploys, the library makes files.
    for slot in range(slots if hasattr(os, "memfd_create") else 0):
        for kind in ("counter", "gauge_livesum", "histogram"):
            memory = os.memfd_create(kind)
            # Larger than all our series. Only what is written takes memory.
            os.ftruncate(memory, 4 << 20)
            _counts(kind, slot).symlink_to(f"/proc/self/fd/{memory}")


def _counts(kind: str, slot: int) -> Path:
    return Path(os.environ[METRICS], f"{kind}_{slot}.db")


def pre_fork(server: Arbiter, worker: Worker) -> None:
    """Give the worker the slot of one that has ended, whose counts it continues, or an unused one."""
    taken = {each.slot for each in server.WORKERS.values()}
    worker.slot = next(slot for slot in count() if slot not in taken)


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Count in the slot. After three reloads at once there may be none left; then these counts are not scraped."""
    if _counts("counter", worker.slot).exists():
        values.ValueClass = values.MultiProcessValue(lambda: worker.slot)


def child_exit(server: Arbiter, worker: Worker) -> None:
    """Empty the gauges of a worker that has ended, and keep its counters."""
    with suppress(OSError), _counts("gauge_livesum", worker.slot).open("r+b") as gauges:
        gauges.write(bytes(8))


def on_exit(server: object) -> None:
    shutil.rmtree(os.environ[METRICS], ignore_errors=True)


def post_worker_init(worker: Worker) -> None:
    from config.boot import check_worker  # noqa: PLC0415 - only a worker has the settings

    check_worker(threads=threads, graceful_timeout=worker.cfg.graceful_timeout, is_first=worker.age == 1)
    # What is loaded now stays for good. Without this, a garbage collection takes 90 ms every thousand decisions.
    gc.collect()
    gc.freeze()
    # A decision leaves almost no garbage in cycles. Collecting after every 700 objects took 5 % of its CPU.
    gc.set_threshold(10_000)
