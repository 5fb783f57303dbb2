"""compose.yaml as compose itself reads it, without variables of this machine."""

import json
import os
import runpy
import subprocess
from functools import cache
from typing import Any

from config.environment import BASE_DIR, Environment
from tests.deploy.programs import find_compose

COMPOSE, LOCAL_MODEL, OWN_DATABASE = "compose.yaml", "compose.local-model.yaml", "compose.own-database.yaml"
# The variables that compose.local-model.yaml needs.
MODEL_VARIABLES = {"MODEL": "small:1b", "MODELS_FOLDER": "/srv/models"}
# Variables that are not settings: those of the web server, and where settings are read.
NOT_SETTINGS = {"BIND", "WEB_CONCURRENCY", "WEB_THREADS", "SECRETS_DIR", "ENV_FILE"}
OUR_SERVICES = ("web", "migrate", "upkeep")
GUNICORN: dict[str, Any] = runpy.run_path(str(BASE_DIR / "gunicorn.conf.py"))


@cache
def read(*files: str) -> dict[str, Any]:
    """Return the model that compose makes of these files."""
    names = [part for file in files or (COMPOSE,) for part in ("--file", file)]
    command = [*find_compose(), "--env-file", os.devnull, *names, "config", "--format", "json"]
    environment = {"PATH": os.environ["PATH"], **(MODEL_VARIABLES if LOCAL_MODEL in files else {})}
    run = subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    model: dict[str, Any] = json.loads(run.stdout)
    return model


def service(name: str, *files: str) -> dict[str, Any]:
    found: dict[str, Any] = read(*files)["services"][name]
    return found


def seconds(duration: str) -> int:
    """Read a whole duration such as 1m0s."""
    minutes, _, rest = duration.rpartition("m")
    return 60 * int(minutes or 0) + int(rest.removesuffix("s"))


def upper_bound(field: str) -> float:
    """Return the largest value that a setting accepts."""
    [bound] = [rule.le for rule in Environment.model_fields[field].metadata if getattr(rule, "le", None) is not None]
    return float(bound)
