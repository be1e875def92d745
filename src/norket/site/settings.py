"""Django's settings, from the environment alone.

NORKET_MODE        production (default), demo or test
NORKET_DATA        the data directory (default: ~/.local/share/norket); nothing is made by importing this
DATABASE_URL       postgresql://user:password@host:port/name; without it, SQLite in the data directory
NORKET_SECRET_KEY  signs sessions; without it, a key in the data directory
NORKET_AUDIT_KEY   signs the anchors of the audit chain; without it, a key in the data directory
NORKET_ORIGIN      the address people type (default http://127.0.0.1:8000); https turns the secure cookies on
NORKET_HOSTS       further host names, separated by commas
NORKET_ROWS        rows of the dose library that are off by default and on here, separated by commas (D07,D08)
NORKET_WORDS       the folder with the words of licensed questionnaires (default questionnaires in NORKET_DATA)
NORKET_HOSPITALS   the file of the hospitals that may ask the CDS Hooks service (default hospitals.json in NORKET_DATA)
"""

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from norket.site import home

NORKET_MODE = home.mode()
NORKET_DATA = home.folder()
NORKET_ORIGIN = os.environ.get("NORKET_ORIGIN", "http://127.0.0.1:8000")
NORKET_HOSPITALS = Path(os.environ.get("NORKET_HOSPITALS") or NORKET_DATA / "hospitals.json")
NORKET_WORDS = Path(os.environ.get("NORKET_WORDS") or NORKET_DATA / "questionnaires")
NORKET_ROWS = frozenset(filter(None, os.environ.get("NORKET_ROWS", "").split(",")))
NORKET_SPEED_ALLOWED = NORKET_MODE in {"demo", "test"}

_origin = urlsplit(NORKET_ORIGIN)
_secure = _origin.scheme == "https"
DEBUG = False
SECRET_KEY = home.key("secret")
ALLOWED_HOSTS = [
    *{host for host in (_origin.hostname, "127.0.0.1", "localhost", "[::1]") if host},
    *filter(None, os.environ.get("NORKET_HOSTS", "").split(",")),
]
CSRF_TRUSTED_ORIGINS = [NORKET_ORIGIN]
CSRF_FAILURE_VIEW = "norket.site.gate.stale"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "norket.desk",  # before allauth, whose pages it draws
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "norket.record",
]
MIDDLEWARE = [
    "norket.exchange.cds.door.Cors",
    "django.middleware.security.SecurityMiddleware",
    "norket.site.files.Files",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "norket.site.gate.Gate",
    "django.middleware.csrf.CsrfViewMiddleware",
    "norket.site.gate.SecondWall",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "norket.site.gate.Innermost",
]
ROOT_URLCONF = "norket.site.urls"
ASGI_APPLICATION = "norket.site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database(url: str | None) -> dict[str, Any]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": NORKET_DATA / "norket.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;",
            },
            "TEST": {"NAME": os.path.join(tempfile.gettempdir(), f"norket-test-{os.getpid()}.sqlite3")},
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SystemExit(f"DATABASE_URL begins with {parts.scheme}; use postgresql://user:password@host:port/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 16, "timeout": 10}},
    }


DATABASES = {"default": _database(os.environ.get("DATABASE_URL"))}
AUTH_USER_MODEL = "record.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["norket.site.passwords.QueuedHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "norket.site.accounts.ClosedAccounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Norket"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
NORKET_IMPORT_MAX_SIZE = 8_000_000
NORKET_CDS_MAX_SIZE = 4_000_000
NORKET_OPEN_MAX_SIZE = 64_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
SERIALIZATION_MODULES: dict[str, str] = {}
# What is counted against guesses lies here; out of Django's 300 places made-up names would push a real one.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 50_000}}}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
CSRF_COOKIE_SAMESITE = "Lax"
if _secure:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        **{f"{kind}-src": ["'self'"] for kind in ("script", "style", "img", "font", "connect", "manifest", "worker")},
        "media-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "norket": {"handlers": ["stderr"], "level": "INFO"},
        "django": {"handlers": ["stderr"], "level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
