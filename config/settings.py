"""Django's settings, made of one checked environment."""

from datetime import timedelta

import django

from config import workflows
from config.environment import BASE_DIR, WORKFLOW_SETTINGS, read_environment
from config.logging import CONFIGURATION
from config.mail import mail_settings, prints_mail

env = read_environment()

WORKFLOWS = workflows.WORKFLOWS
locals().update({name.upper(): getattr(env, name) for each in WORKFLOW_SETTINGS for name in each.model_fields})

SECRET_KEY = env.secret_key.get_secret_value()
DEBUG = env.debug
ALLOWED_HOSTS = list(env.allowed_hosts)
# How links in mails begin.
SITE_ADDRESS = env.site_address or f"{'https' if env.https else 'http'}://{env.allowed_hosts[0]}"

# What the product itself reads.
HTTPS = env.https
ACCESS = env.access
RELEASE = env.release
DECISION_PROVIDER = env.decision_provider
DECISION_DEADLINE_SECONDS = env.decision_deadline_seconds
INTERRUPTED_GRACE_SECONDS = env.interrupted_grace_seconds
DECISIONS_IN_FLIGHT = env.decisions_in_flight
READS_IN_FLIGHT = env.reads_in_flight
SUBMITTER_DECISIONS_PER_MINUTE = env.submitter_decisions_per_minute
SUBMITTER_DECISIONS_PER_DAY = env.submitter_decisions_per_day
DECISIONS_PER_MINUTE = env.decisions_per_minute
DECISIONS_PER_DAY = env.decisions_per_day
FINGERPRINT_KEYS = env.fingerprint_keys
TRACE_RETENTION_DAYS = env.trace_retention_days
# From the first review on. The page says so before a note is sent.
REVIEW_NOTE_DAYS = 30
METRICS_TOKEN = env.metrics_token.get_secret_value()
FORWARDED_ALLOW_IPS = env.forwarded_allow_ips
OPENAI_SERVER = env.openai_server
OPENAI_BASE_URL = env.openai_base_url
OPENAI_MODEL = env.openai_model
OPENAI_API_KEY = env.openai_api_key.get_secret_value()
OPENAI_API_KEY_FILE = env.openai_api_key_file
OPENAI_WIRE = env.openai_wire
OPENAI_MAX_COMPLETION_TOKENS = env.openai_max_completion_tokens
OPENAI_ANSWER_FORMAT = env.openai_answer_format
OPENAI_LIMIT_FIELD = env.openai_limit_field
OPENAI_STORE = env.openai_store
OPENAI_SYSTEM_ROLE = env.openai_system_role
OPENAI_REASONING_EFFORT = env.openai_reasoning_effort
OPENAI_TEMPERATURE = env.openai_temperature
OPENAI_EXTRA_HEADERS = env.openai_extra_headers
OPENAI_EXTRA_QUERY = env.openai_extra_query
OPENAI_API_VERSION = env.openai_api_version
OPENAI_PROXY = env.openai_proxy
OPENAI_CA_FILE = env.openai_ca_file
OPENAI_CLIENT_CERTIFICATE_FILE = env.openai_client_certificate_file
OPENAI_CLIENT_KEY_FILE = env.openai_client_key_file
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
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "config",
    "operators",
    "evals",
    *workflows.packages(),
    "decisions",
    "access",
    "traces",
]

MIDDLEWARE = [
    "config.access_log.AccessLogMiddleware",
    "config.health.ProbeMiddleware",
    "config.metrics.MetricsMiddleware",
    # In front of whatever may answer or refuse by itself.
    "access.headers.NoStoreMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware"
    if django.VERSION >= (6,)
    else "access.headers.ContentSecurityPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "access.cookies.CookieMiddleware",
    "access.bodies.BodyLimitMiddleware",
    # Around all that may query the database.
    "access.admission.AdmissionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Before the body is read, for the protection against CSRF.
    "access.bodies.UploadMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "access.audit.remember_request",
    "access.second_factor.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
    "access.refusals.RefusalMiddleware",
]

# Only operators get messages. A cookie would have to be prepared for signing on each request.
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
                "access.sign_in.signed_in_user",
                "decisions.navigation.form_links",
            ],
        },
    },
]

DATABASES = {"default": env.database_url}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A connection is never held while a model works, so a small pool serves many threads.
    DATABASES["default"]["ENGINE"] = "config.postgresql"
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": env.database_pool_size,
        "timeout": 5,
        # The pool doubles the pause between its attempts. When it gives up, the next request starts anew at once.
        "reconnect_timeout": 3,
    }

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
SUPPORT_CONTACT = env.support_contact
DEFAULT_FROM_EMAIL = env.default_from_email
locals().update(mail_settings(env))

# access.logins says what the limit is, and relies on the parameters' order.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "access.logins.PasswordSwitch",
    "django.contrib.auth.backends.ModelBackend",
    "access.identities.SingleSignOnBackend",
]
AXES_HANDLER = "access.logins.LoginHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
# A sign-in during the lock does not extend it, so that the time that the page names is true.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "access.logins.refuse_login"
AXES_CLIENT_IP_CALLABLE = "access.addresses.client_address"
# Masked in the form that is kept and in log lines, as the password always is.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken", "next"]
AXES_VERBOSE = False
# access.audit records sign-ins without names and addresses, and for a limited time. Instead of the admin's pages, use
# `manage.py axes_list_attempts` and `axes_reset`.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False

PASSWORD_SIGN_IN = env.password_sign_in
STAFF_SECOND_FACTOR = env.staff_second_factor
# What an authenticator app shows above its numbers.
OTP_TOTP_ISSUER = "LLM decisions"
OIDC_ISSUER = env.oidc_issuer
OIDC_NAME = env.oidc_name
OIDC_CLIENT_ID = env.oidc_client_id
OIDC_CLIENT_SECRET = env.oidc_client_secret.get_secret_value()
OIDC_SCOPES = env.oidc_scopes
OIDC_USERNAME_CLAIM = env.oidc_username_claim
OIDC_GROUPS_CLAIM = env.oidc_groups_claim
OIDC_ROLES = env.oidc_roles
OIDC_ACCOUNTS = env.oidc_accounts

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# A view that takes files says so (access.bodies.takes_files), and has them in memory. No temporary file is ever made.
FILE_UPLOAD_HANDLERS = ["access.bodies.NoFiles"]
# One with the keys of each user, say.
DATA_UPLOAD_MAX_NUMBER_FILES = 500

# Hardening. HTTPS off is for the local demo alone.
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# Over HTTPS a browser accepts such a cookie from this host alone, and not from a neighbour with the same domain.
_prefix = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_prefix}sessionid", f"{_prefix}csrftoken"
SUBMITTER_COOKIE_NAME = f"{_prefix}submitter"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
# Closing the browser signs out, too. SameSite stays Lax, Django's default: under Strict a link in a ticket would open
# the login page for signed-in operators.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_ENGINE = "access.sessions"
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
# The domain's owner decides about TLS of its other sites (W005) and in browsers' lists (W021). Mail is printed (E001)
# only without HTTPS, which is reported already.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "mail.E001"]

LOGGING = CONFIGURATION
