"""
How long an eval takes compared with the ideal: `python -m bench.evaluation`, 150 cases, 32 at a time, 1 s an answer.

The ideal is a machine that only waits for answers: one second for each round of 32 calls.
"""

import os
import subprocess
import sys
import tempfile
from math import ceil
from pathlib import Path
from time import monotonic

from bench.instant_provider import instant_provider

ROOT = Path(__file__).resolve().parent.parent
CASES, JOBS, ANSWER_SECONDS = 150, 32, 1.0


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, instant_provider(ANSWER_SECONDS) as url:
        suite = Path(folder, "first.jsonl")
        suite.write_text("".join((ROOT / "evals/rotations.jsonl").read_text().splitlines(keepends=True)[:CASES]))
        environment = os.environ | {
            "ENV_FILE": "",
            "SECRET_KEY": "for-this-benchmark-alone-0123456789-0123456789-0123456789",
            "FINGERPRINT_KEYS": "bench:for-this-benchmark-alone",
            "ALLOWED_HOSTS": "localhost",
            "DATABASE_URL": os.environ.get("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3"),
            "DECISION_PROVIDER": "openai",
            "OPENAI_BASE_URL": url,
            "OPENAI_MODEL": "instant",
            "OPENAI_API_KEY": "none-is-needed",
        }
        manage = [sys.executable, str(ROOT / "manage.py")]
        subprocess.run([*manage, "migrate", "--verbosity", "0", "--skip-checks"], env=environment, check=True)
        eval_suite = [*manage, "eval", str(suite), "--jobs", str(JOBS)]
        start, _ = timed([*eval_suite, "--case", "none"], environment)
        took, output = timed(eval_suite, environment)
    ideal = ceil(CASES / JOBS) * ANSWER_SECONDS
    measured = next(line for line in output.splitlines() if line.startswith("could not measure"))
    sys.stdout.write(f"{CASES} cases, {JOBS} at a time, {ANSWER_SECONDS:.0f} s an answer; {measured}\n")
    sys.stdout.write(f"{took - start:.2f} s, {(took - start) / ideal:.2f} of the ideal {ideal:.0f} s; ")
    sys.stdout.write(f"{took:.2f} s or {took / ideal:.2f} with the start of the process\n")


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, str]:
    started = monotonic()
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return monotonic() - started, ran.stdout


if __name__ == "__main__":
    main()
