"""
The service's own settings in an environment of their own.

Nothing that a developer has exported, and no `.env`, reaches the tests. pytest-django reads this module before any
conftest.py, so the environment is made here.
"""

import os
import tempfile
from pathlib import Path

from config.environment import Environment

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
    # tests/databases.py names a PostgreSQL server where one was asked for.
    "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", "sqlite:///never-opened.sqlite3"),
}

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STORAGES  # noqa: E402

if "TEST_DATABASE_URL" not in os.environ:
    # A file, for SQLite's memory databases behave otherwise under threads; of this process alone, as runs may overlap.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir(), f"rotation-test-{os.getpid()}.sqlite3"))}

# No test asks a hosted model; those of boundary/ talk to a server of their own on loopback.
ALLOW_MODEL_CALLS = False

# Logging a user in should cost no deliberate work.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Nothing is collected for the tests: whitenoise serves static files from where they lie, under their own names.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
