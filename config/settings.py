"""Django's settings, made of one checked environment."""

from datetime import timedelta

import django

from config.environment import BASE_DIR, read_environment
from config.logging import CONFIGURATION
from config.mail import mail_settings, prints_mail

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
SUBMITTER_DECISIONS_PER_MINUTE = env.submitter_decisions_per_minute
SUBMITTER_DECISIONS_PER_DAY = env.submitter_decisions_per_day
DECISIONS_PER_MINUTE = env.decisions_per_minute
DECISIONS_PER_DAY = env.decisions_per_day
FINGERPRINT_KEYS = env.fingerprint_keys
TRACE_RETENTION_DAYS = env.trace_retention_days
METRICS_TOKEN = env.metrics_token.get_secret_value()
FORWARDED_ALLOW_IPS = env.forwarded_allow_ips
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
    "axes",
    "config",
    "access",
    "traces",
    "rotation",
    "evals",
]

MIDDLEWARE = [
    "config.access_log.AccessLogMiddleware",
    "config.health.ProbeMiddleware",
    "config.scrape.MetricsMiddleware",
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
    "axes.middleware.AxesMiddleware",
    "access.refusals.RefusalMiddleware",
]

# Operators alone are told something this way. Kept in a cookie, it would be made ready to be signed for each request.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

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
                "access.sign_in.header",
            ],
        },
    },
]

DATABASES = {"default": env.database_url}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A connection is held for a few statements at a time and never while a model works, so a small pool serves many
    # threads; each one is looked at before it is lent, so that a restarted database is met without an error.
    DATABASES["default"]["ENGINE"] = "config.postgresql"
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": env.database_pool_size, "timeout": 5}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {},
        "MinimumLengthValidator": {"min_length": 12},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]

LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "admin:index"
# The link in a reset mail is good for an hour.
PASSWORD_RESET_TIMEOUT = 3600
# Without a mail server, and where none may be printed, no reset is offered.
MAILS_PASSWORD_RESETS = bool(env.email_host) or prints_mail(env)
DEFAULT_FROM_EMAIL = env.default_from_email
locals().update(mail_settings(env))

# Failed sign-ins are counted in the database, where every process sees them. Past the limit no password is looked at
# until the cool-off time is over. access.logins says what the limit is for, and relies on the parameters' order.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_HANDLER = "access.logins.LoginHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
# What is sent meanwhile does not make the wait longer, so that the time the page names is true.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "access.logins.refuse_login"
AXES_CLIENT_IP_CALLABLE = "access.addresses.client_address"
# Masked in the form that is kept and in log lines; the password always is. The name has a column of its own.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken", "next"]
AXES_VERBOSE = False
# No list of who signed in when, which nobody would prune, and no pages in the admin: `manage.py axes_list_attempts`
# shows who is locked out, `axes_reset` lets them in.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False

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
# Twelve hours for the server, whatever the browser keeps; closing the browser signs out, too. SameSite stays Lax, as
# Django has it: under Strict a link in a ticket would open the login page for who has signed in.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
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
# for the domain's owner to say, not for this service. Mail is printed (E001) only without HTTPS, which is told already.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "mail.E001"]

LOGGING = CONFIGURATION
