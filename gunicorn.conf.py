"""
The web server. Threads wait for the model, so there are many; two processes share the rest.

The decision's deadline (DECISION_DEADLINE_SECONDS) must end at least five seconds before `graceful_timeout`, and that
before whatever stops the container, so that no row is left running by a deploy.
"""

import gc
import logging
import os
import resource
import shutil
import tempfile

from gunicorn.workers.base import Worker

from config.logging import CONFIGURATION

METRICS = "PROMETHEUS_MULTIPROC_DIR"

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "config.web_server.DrainingWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "128"))
# A connection takes a descriptor, a thread up to four more: the model's socket, the database's files. Who comes when
# none is left breaks gunicorn's worker; who comes beyond this number waits at the door.
descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
worker_connections = max(2 * threads, min(1000, descriptors - 4 * threads - 100))
timeout = 60
graceful_timeout = 45
keepalive = 5
control_socket_disable = True
# No proxy of ours says where the service is mounted; a client's header of that name would break the address, with 500.
forwarder_headers = ""
# The server's own lines and Python's warnings look like the service's. The server's access log stays off: the service
# tells of each request itself.
logconfig_dict = CONFIGURATION
logger_class = "config.web_server.ServerLog"
logging.captureWarnings(capture=True)


def on_starting(server: object) -> None:
    """
    Make the folder where the workers leave what they count: private, and fresh, so that nothing old is counted again.

    The metrics' library looks for it when it is imported, which must therefore not be earlier.
    """
    os.environ[METRICS] = tempfile.mkdtemp(prefix="metrics-")


def child_exit(server: object, worker: Worker) -> None:
    """Forget what a worker that ended had in flight; what it counted stays."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - see on_starting

    mark_process_dead(worker.pid)


def on_exit(server: object) -> None:
    shutil.rmtree(os.environ[METRICS], ignore_errors=True)


def post_worker_init(worker: object) -> None:
    # What was loaded stays: the garbage collector need not look through it every thousand decisions, for 90 ms.
    gc.collect()
    gc.freeze()
    # Almost all that a decision leaves behind is freed without it; looking every 700 objects took 5 % of its CPU.
    gc.set_threshold(10_000)
