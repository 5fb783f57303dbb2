"""The service's own settings, with every logger at DEBUG and with mail and cache in files that a test can read."""

import logging
import os
from copy import deepcopy
from pathlib import Path

from config.mail import backend_settings
from config.settings import *  # noqa: F403
from config.settings import LOGGING as USUAL_LOGGING
from config.settings import STORAGES

FOLDER = Path(os.environ["TMPDIR"])
LOGGING = deepcopy(USUAL_LOGGING)
LOGGING["root"]["level"] = "DEBUG"
for logger in LOGGING["loggers"].values():
    logger["level"] = "DEBUG"
for name in ("asyncio", "openai", "httpx2", "psycopg", "psycopg.pool", "django.db.backends"):
    LOGGING["loggers"].setdefault(name, {"level": "DEBUG", "propagate": True})
logging.raiseExceptions = True

ADMINS = MANAGERS = [("operator", "operator@example.test")]
mail = backend_settings("django.core.mail.backends.filebased.EmailBackend", {"file_path": str(FOLDER / "mail")})
globals().update(mail)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(FOLDER / "cache")}
}

# A fast hash makes sign-ins fast.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Nothing is collected for the tests.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
