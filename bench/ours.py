"""This service, made ready to be measured: production's settings, a migrated ledger with the demo's records."""

import os
import subprocess
import sys
from pathlib import Path

from bench.load import ROOT


def _programs(checkout: Path) -> Path:
    return Path(sys.executable).parent if checkout == ROOT else checkout / ".venv/bin"


def command(checkout: Path = ROOT) -> tuple[str, ...]:
    return (str(_programs(checkout) / "gunicorn"), "config.wsgi", "--bind=127.0.0.1:{port}")


COMMAND = command()
METRICS_TOKEN = "for-this-benchmark-alone"  # noqa: S105 - it opens nothing else


def environment(*, database_url: str, provider_url: str, workers: int = 1, **more: str) -> dict[str, str]:
    """Give what production sets; HTTPS alone is off, as a proxy in front would end it. `more` wins."""
    return {
        "ENV_FILE": "",
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "for-this-benchmark-alone-0123456789-0123456789-0123456789",
        "FINGERPRINT_KEYS": "bench:for-this-benchmark-alone",
        "METRICS_TOKEN": METRICS_TOKEN,
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "ACCESS": "open",
        "DATABASE_URL": database_url,
        "DECISION_PROVIDER": "openai",
        "OPENAI_BASE_URL": provider_url,
        "OPENAI_MODEL": "instant",
        "OPENAI_API_KEY": "none-is-needed",
        "WEB_CONCURRENCY": str(workers),
        **more,
    }


def prepare(settings: dict[str, str], checkout: Path = ROOT) -> None:
    """Make the tables and the demo's records."""
    manage(settings, "migrate", "--verbosity", "0", "--skip-checks", checkout=checkout)
    manage(settings, "load_demo_records", "--skip-checks", checkout=checkout)


def token(settings: dict[str, str]) -> str:
    """Make a program's token for the account that the load asks about."""
    return manage(settings, "create_token", "bench", "--account", "acct_10234").split()[-1]


def manage(settings: dict[str, str], *command: str, checkout: Path = ROOT) -> str:
    program = [str(_programs(checkout) / "python"), str(checkout / "manage.py")]
    return subprocess.run([*program, *command], env=settings, check=True, capture_output=True, text=True).stdout
