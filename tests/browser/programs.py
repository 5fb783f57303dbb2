"""The programs that these tests need besides Python: a real browser, and Java with the HTML validator."""

import os
import shutil
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# The browser makes no requests of its own.
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Where `make test-browser` puts it.
VALIDATOR = Path(__file__).parents[2] / ".venv/validator/node_modules/vnu-jar/build/dist/vnu.jar"


def find_browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def browser_arguments() -> list[str]:
    """Return the options. Chromium's sandbox does not work for root, the user of a container."""
    return [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else list(ARGUMENTS)


def find_validator() -> list[str] | None:
    """Return the command that validates HTML, or None if Java or the validator is missing."""
    java = shutil.which("java")
    return [java, "-jar", str(VALIDATOR)] if java and VALIDATOR.exists() else None
