"""
The web server. Threads wait for the model, so there are many; two processes share the rest.

The decision's deadline (DECISION_DEADLINE_SECONDS) must end at least five seconds before `graceful_timeout`, and that
before whatever stops the container, so that no row is left running by a deploy.
"""

import os
import signal

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "128"))
timeout = 60
graceful_timeout = 45
keepalive = 5
control_socket_disable = True
# A traceback in the server's own log is told without the exception's text, as in the service's.
logconfig_dict = {"formatters": {"generic": {"()": "config.logging.QuietFormatter"}}}


def post_worker_init(worker: object) -> None:
    """Leave Ctrl-C to the arbiter: a worker hit by it and by the arbiter's own signal at once can lock up for good."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
