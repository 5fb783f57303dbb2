"""Django's settings, made of one checked environment."""

import django

from config.environment import BASE_DIR, read_environment

env = read_environment()

SECRET_KEY = env.secret_key.get_secret_value()
DEBUG = env.debug
ALLOWED_HOSTS = list(env.allowed_hosts)

# What the product itself reads.
HTTPS = env.https
ACCESS = env.access
RELEASE = env.release
DECISION_PROVIDER = env.decision_provider
ROTATION_PROMPT = env.rotation_prompt
DECISION_DEADLINE_SECONDS = env.decision_deadline_seconds
INTERRUPTED_GRACE_SECONDS = env.interrupted_grace_seconds
DECISIONS_IN_FLIGHT = env.decisions_in_flight
FINGERPRINT_KEYS = env.fingerprint_keys
TRACE_RETENTION_DAYS = env.trace_retention_days
OPENAI_BASE_URL = env.openai_base_url
OPENAI_MODEL = env.openai_model
OPENAI_API_KEY = env.openai_api_key.get_secret_value()
OPENAI_WIRE = env.openai_wire
OPENAI_MAX_COMPLETION_TOKENS = env.openai_max_completion_tokens
# Tests turn this off, so that none of them asks a hosted model.
ALLOW_MODEL_CALLS = True

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "config",
    "access",
    "traces",
    "rotation",
    "evals",
]

MIDDLEWARE = [
    "config.health.ProbeMiddleware",
    # In front of whatever may answer or refuse by itself.
    "access.headers.NoStoreMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware"
    if django.VERSION >= (6,)
    else "access.headers.ContentSecurityPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "access.cookies.CookieMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "access.bodies.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "access.refusals.RefusalMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.database_url}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A connection is held for a few statements at a time and never while a model works, so a small pool serves many
    # threads; each one is tried before it is lent, so that a restarted database is met without an error.
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": env.database_pool_size, "timeout": 5}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Hardening. HTTPS off is for the local demo alone.
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
CSRF_FAILURE_VIEW = "access.refusals.csrf_failed"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
}
# Whether other sites under this domain may do without TLS (W005), and whether browsers ship that promise (W021), is
# for the domain's owner to say, not for this service.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logging.QuietFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Django's own handlers would mail posted fields and print a request line twice.
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}
