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

from gunicorn.workers.base import Worker

from config.logging import CONFIGURATION
from traces.deadlines import CLOSING_SECONDS, LONGEST_SECONDS

METRICS = "PROMETHEUS_MULTIPROC_DIR"

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "config.web_server.DrainingWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "128"))
# A connection takes a descriptor, and a thread up to eight more: those of libcurl and the database's files. If none is
# left, a new connection breaks gunicorn's worker. Connections beyond this number wait in the listener's queue.
descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
worker_connections = max(2 * threads, min(1000, descriptors - 8 * threads - 100))
timeout = 60
graceful_timeout = LONGEST_SECONDS + CLOSING_SECONDS + 5
keepalive = 5
control_socket_disable = True
# No proxy sends a header that says where the service is mounted. If a client sent one, the answer would be a 500.
forwarder_headers = ""
# The server's own lines and Python's warnings have the service's format, too.
logconfig_dict = CONFIGURATION
logger_class = "config.web_server.ServerLog"
logging.captureWarnings(capture=True)


def on_starting(server: object) -> None:
    """
    Forbid core dumps here and in the workers: a dump would hold customers' texts and every secret.

    Create a new, private folder for the workers' counts, before anything imports the metrics library.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ[METRICS] = tempfile.mkdtemp(prefix="metrics-")


def child_exit(server: object, worker: Worker) -> None:
    """Drop the gauges of a worker that ended, and keep its counters."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - it reads the variable when imported

    mark_process_dead(worker.pid)


def on_exit(server: object) -> None:
    shutil.rmtree(os.environ[METRICS], ignore_errors=True)


def post_worker_init(worker: Worker) -> None:
    from config.boot import check_worker  # noqa: PLC0415 - only a worker has the settings

    check_worker(threads=threads, is_first=worker.age == 1)
    # What is loaded now stays for good. Without this, a garbage collection takes 90 ms every thousand decisions.
    gc.collect()
    gc.freeze()
    # A decision leaves almost no garbage in cycles. Collecting after every 700 objects took 5 % of its CPU.
    gc.set_threshold(10_000)
