"""
The service's own settings in a clean environment.

No exported variable and no `.env` reaches the tests. pytest-django reads this module before any conftest.py, so the
environment is made here.
"""

import os
import tempfile
from pathlib import Path

from config import workflows

# The workflows of the product, and one that proves that a package and a line are enough.
PRODUCT = workflows.WORKFLOWS
workflows.WORKFLOWS = (*PRODUCT, "tests.thanks.workflow.THANKS")

from config.environment import Environment  # noqa: E402 - it reads the line above

for name in [name for name in os.environ if name.lower() in {*Environment.model_fields, "secrets_dir"}]:
    del os.environ[name]

os.environ |= {
    "ENV_FILE": "",
    "SECRET_KEY": "only-for-tests-and-worth-nothing-elsewhere-0123456789",
    "FINGERPRINT_KEYS": "test:only-for-tests-and-worth-nothing-elsewhere",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "HTTPS": "false",
    "ACCESS": "open",
    "DEBUG": "false",
    "DECISION_PROVIDER": "rules",
    # tests/databases.py sets TEST_DATABASE_URL for PostgreSQL.
    "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", "sqlite:///never-opened.sqlite3"),
}

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STORAGES  # noqa: E402

if "TEST_DATABASE_URL" not in os.environ:
    # A file, because SQLite's memory databases behave differently under threads. Runs may overlap, so each has its own.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir(), f"rotation-test-{os.getpid()}.sqlite3"))}

# No test asks a hosted model. Those of boundary/ use a local server.
ALLOW_MODEL_CALLS = False

# A fast hash makes sign-ins fast.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The tests collect no static files: whitenoise serves them from their folders, under their own names.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
