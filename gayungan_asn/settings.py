"""Settings of the project, read from the environment.

Nothing here has a secret default: without SECRET_KEY and ALLOWED_HOSTS the
product refuses to start. `./run` writes a complete environment for a first try.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "[::1]", "testserver"}


def text(name: str, default: str | None = None) -> str:
    """The value of an environment variable; without default it must be there."""
    value = os.environ.get(name, default)
    if value is None or (default is None and not value.strip()):
        raise ImproperlyConfigured(f"{name} belum diisi. Lihat docs/operations.md.")
    return value


def flag(name: str, default: bool = False) -> bool:
    """True for 1, true, yes, ya; False for 0, false, no, tidak and empty."""
    value = os.environ.get(name, "").strip().lower()
    if value in {"", "0", "false", "no", "tidak"}:
        return default if value == "" else False
    if value in {"1", "true", "yes", "ya"}:
        return True
    raise ImproperlyConfigured(f"{name} harus 1 atau 0.")


def number(name: str, default: int) -> int:
    """A whole number from the environment."""
    try:
        return int(os.environ.get(name, "") or default)
    except ValueError:
        raise ImproperlyConfigured(f"{name} harus bilangan bulat.") from None


def names(name: str) -> list[str]:
    """Comma-separated words, spaces trimmed; at least one."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


# --- Safety ---------------------------------------------------------------
DEBUG = flag("DEBUG")
SECRET_KEY = text("SECRET_KEY")
ALLOWED_HOSTS = names("ALLOWED_HOSTS")
LOCAL_ONLY = set(ALLOWED_HOSTS) <= LOOPBACK_HOSTS
INSECURE_HTTP = flag("INSECURE_HTTP", default=DEBUG)
if len(SECRET_KEY) < 40 or len(set(SECRET_KEY)) < 10:
    raise ImproperlyConfigured("SECRET_KEY terlalu lemah: isi sedikitnya 40 karakter acak.")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS tidak boleh memuat *: sebut nama host yang dilayani.")
if DEBUG and not LOCAL_ONLY:
    raise ImproperlyConfigured("DEBUG hanya boleh menyala pada localhost.")
if INSECURE_HTTP and not LOCAL_ONLY:
    raise ImproperlyConfigured("INSECURE_HTTP hanya boleh menyala pada localhost.")

SITE_URL = text("SITE_URL", "https://" + ALLOWED_HOSTS[0]).rstrip("/")
DEMO = flag("DEMO")
"""Demonstration data is loaded: a banner says so and the sign-in page lists its accounts."""

SECURE_SSL_REDIRECT = not INSECURE_HTTP
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("BEHIND_PROXY") else None
# Throttling goes by the network of the visitor, not by that of the proxy.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if flag("BEHIND_PROXY") else 0
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not INSECURE_HTTP
SECURE_HSTS_PRELOAD = not INSECURE_HTTP
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not INSECURE_HTTP
SESSION_COOKIE_NAME = "sesi" if INSECURE_HTTP else "__Host-sesi"
CSRF_COOKIE_NAME = "csrf" if INSECURE_HTTP else "__Host-csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_TRUSTED_ORIGINS = [SITE_URL]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# --- Applications ---------------------------------------------------------
INSTALLED_APPS = [
    "reports",
    "training",
    "evaluations",
    "competencies",
    "gayungan_asn.accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "treebeard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "gayungan_asn.middleware.RequestIdMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "gayungan_asn.middleware.PrivatePagesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "gayungan_asn.middleware.RefusalMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "gayungan_asn.urls"
WSGI_APPLICATION = "gayungan_asn.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reports.navigation.page_frame",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Data -----------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(text("DATABASE_URL"), conn_max_age=60, conn_health_checks=True)
}
# Sign-in throttling must hold across processes and survive a missing Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entry",
    }
}
MEDIA_ROOT = Path(text("MEDIA_ROOT", str(BASE_DIR / "media")))
FILE_UPLOAD_HANDLERS = ["gayungan_asn.uploads.LimitedUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
UPLOAD_LIMIT = 20 * 1024 * 1024
"""Bytes of one uploaded file (reference: bad inputs, rule 4)."""

STATIC_URL = "/static/"
STATIC_ROOT = Path(text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

# --- Signing in -----------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["gayungan_asn.accounts.backends.SignInNameBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "gayungan_asn.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_FORMS = {
    "login": "gayungan_asn.accounts.forms.SignInForm",
    "change_password": "gayungan_asn.accounts.forms.ChangePasswordForm",
    "reset_password": "gayungan_asn.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "gayungan_asn.accounts.forms.NewPasswordForm",
    "reauthenticate": "gayungan_asn.accounts.forms.ReauthenticateForm",
}
# Five wrong passwords for one name from one network, then a quarter of an hour of
# waiting; a network may not walk through many names either. The owner on another
# network still gets in.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/15m/ip,5/15m/key",
    "change_password": "5/m/user",
    "verify": "30/m/ip",
    "reset_password": "20/h/ip,3/h/key",
    "reset_password_from_key": "20/h/ip",
    "reauthenticate": "10/m/user",
}
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation." + name}
    for name in (
        "UserAttributeSimilarityValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    }
]

# --- Language and time ----------------------------------------------------
LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia")]
LOCALE_PATHS = [BASE_DIR / "gayungan_asn" / "locale"]
TIME_ZONE = "Asia/Jakarta"
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = "gayungan_asn.formats"

# --- Mail -----------------------------------------------------------------
# smtp://user:password@host:587 (STARTTLS) or smtps://…:465; unset: mail goes to the log.
_mail = urlsplit(text("EMAIL_URL", "console:"))
if _mail.scheme not in {"console", "smtp", "smtps"}:
    raise ImproperlyConfigured("EMAIL_URL harus berawalan smtp:// atau smtps://.")
EMAIL_BACKEND = "django.core.mail.backends." + (
    "console.EmailBackend" if _mail.scheme == "console" else "smtp.EmailBackend"
)
EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
EMAIL_USE_SSL = _mail.scheme == "smtps"
EMAIL_USE_TLS = _mail.scheme == "smtp" and EMAIL_PORT == 587
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = text("EMAIL_FROM", "tidak-dibalas@" + ALLOWED_HOSTS[0].strip("[]"))

# --- Background work ------------------------------------------------------
REDIS_URL = text("REDIS_URL")
QUEUE_PREFIX = text("QUEUE_PREFIX", "")
"""Keeps the queues of parallel test workers apart on one broker."""
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_connect_timeout": 1,
    "global_keyprefix": QUEUE_PREFIX,
}
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_DEFAULT_QUEUE = "notices"
CELERY_TASK_ROUTES = {
    "reports.tasks.render_document": {"queue": "documents"},
    "competencies.tasks.read_import": {"queue": "imports"},
    "competencies.tasks.apply_import": {"queue": "imports"},
}
CELERY_TIMEZONE = TIME_ZONE
LEASE_SECONDS = 30
"""How long a claimed row belongs to its worker before the reconciler gives it away."""

# --- The agency -----------------------------------------------------------
AGENCY_NAME = text("AGENCY_NAME", "Kecamatan Gayungan")
AGENCY_CITY = text("AGENCY_CITY", "Kota Surabaya")
AGENCY_GOVERNMENT = text("AGENCY_GOVERNMENT", "Pemerintah Kota Surabaya")
AGENCY_ADDRESS = text("AGENCY_ADDRESS", "Jalan Contoh Nomor 1, Surabaya")
AGENCY_SEAT = text("AGENCY_SEAT", "Surabaya")

# --- Logs -----------------------------------------------------------------
# No access log: the minute of a request would tie a peer's answer to its author.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.processors.format_exc_info,
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": text("LOG_LEVEL", "WARNING")},
    "loggers": {
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
)
