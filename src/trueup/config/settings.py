"""Django settings. Everything an operator may choose comes from the environment; docs/operations.md lists it."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.conf.global_settings import PASSWORD_HASHERS
from django.utils import timezone

from trueup.config import environment
from trueup.config.caching import headers_of

TRUEUP_HOME = Path(os.environ.get("TRUEUP_HOME", "").strip() or "var").expanduser().absolute()
TRUEUP_LEDGER_URL = os.environ.get("TRUEUP_LEDGER_URL", "").strip() or str(TRUEUP_HOME / "ledger")
TRUEUP_MEMORY_LIMIT = environment.memory("TRUEUP_MEMORY_LIMIT", "512MB")
TRUEUP_THREADS = environment.threads("TRUEUP_THREADS")

DEBUG = environment.flag("TRUEUP_DEBUG")
SECRET_KEY = environment.secret_key("TRUEUP_SECRET_KEY", TRUEUP_HOME)

DATABASES = {"default": environment.database("TRUEUP_DATABASE_URL", TRUEUP_HOME)}
if DATABASES["default"]["ENGINE"] == environment.SQLITE:
    environment.folder(Path(DATABASES["default"]["NAME"]).parent, "TRUEUP_DATABASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "trueup.accounts",
    "trueup.answers",
    "trueup.events",
    "trueup.catalog",
    "trueup.ledger",
    "trueup.cycles",
    "trueup.reports",
    "trueup.intake",
    "trueup.uploads",
    "trueup.exchange",
    "trueup.prices",
    "trueup.statements",
    "trueup.notifications",
    "trueup.webhooks",
    "trueup.web",  # before the libraries whose templates it overrides
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "ninja",  # its page of the operations
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "allauth.idp.oidc",
]
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "trueup.web.language.Language",
    "trueup.web.signing_in.AfterResponse",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "trueup.web.viewing.Viewing",  # before anything reads what was sent: nobody uploads who is not signed in
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "trueup.web.signing_in.Sessions",
    "trueup.web.errors.Refusals",
    "trueup.api.gate.Gate",  # innermost: what it answers for the API no page comes before
]
ROOT_URLCONF = "trueup.config.urls"
WSGI_APPLICATION = "trueup.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": environment.folders("TRUEUP_TEMPLATES"),
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "trueup.web.page.shell",
            ],
        },
    }
]

# ── Texts, numbers and time ───────────────────────────────────────────────────────────────────────────────────────────

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [Path(__file__).resolve().parent.parent / "web" / "locale"]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
TRUEUP_CLOCK = timezone.now
"""Where the edges read the time; `trueup serve --now` and the tests put another clock here."""

# ── Where the portal is ───────────────────────────────────────────────────────────────────────────────────────────────

TRUEUP_URL = environment.url("TRUEUP_URL", "http://127.0.0.1:8000")
_SECURE = TRUEUP_URL.startswith("https://")
_HOST = urlsplit(TRUEUP_URL).hostname or "localhost"
ALLOWED_HOSTS = sorted({_HOST, "localhost", "127.0.0.1", "[::1]"}) if not _SECURE else [_HOST]
CSRF_TRUSTED_ORIGINS = [TRUEUP_URL]
if environment.flag("TRUEUP_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _SECURE
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False  # other hosts of the domain are not ours to speak for
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # which ask for both
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "trueup_session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "trueup_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "trueup.web.errors.csrf_failure"
DATA_UPLOAD_MAX_NUMBER_FILES = 1
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a report of 2,000 lines has three fields each
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 2**20  # and a comment of 4,000 characters may stand on any of them
FILE_UPLOAD_TEMP_DIR = str(environment.folder(TRUEUP_HOME / "uploads", "TRUEUP_HOME"))
FILE_UPLOAD_HANDLERS = ["trueup.web.receiving.Receiving"]
TRUEUP_UPLOAD_LIMIT = environment.megabytes("TRUEUP_UPLOAD_LIMIT", 200)

TRUEUP_WEBHOOKS_PRIVATE = environment.flag("TRUEUP_WEBHOOKS_PRIVATE")
"""Whether webhooks may go to addresses of the operator's own network, and without TLS."""

TRUEUP_API_LIMIT = environment.number("TRUEUP_API_LIMIT", 1200)
"""Requests of one caller in a minute."""
TRUEUP_API_UPLOAD_LIMIT = environment.number("TRUEUP_API_UPLOAD_LIMIT", 1024, of=" of megabytes") * 2**20
"""Bytes of usage in one call, also after unpacking."""
TRUEUP_API_UPLOADS = environment.number("TRUEUP_API_UPLOADS", 6)
"""Calls with usage that are read and taken in at once; `trueup serve` leaves two of its threads to everybody else."""

CACHES = {
    "default": {
        "BACKEND": "trueup.config.shared_cache.SharedCache",
        "LOCATION": "trueup_cache",
        "OPTIONS": {"MAX_ENTRIES": 1000},
    }
}
"""Counters of limits, and devices that wait to be let in: the same for all processes."""

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "trueup.web.assets.Assets"},
}
WHITENOISE_USE_FINDERS = True  # no step that collects files: there are few
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 365 * 24 * 3600  # every address carries the file's content
WHITENOISE_ADD_HEADERS_FUNCTION = headers_of  # but those by which scripts load each other

# ── Sign-in ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SINGLE_SIGN_ON = environment.single_sign_on()
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "/account/login/"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600
PASSWORD_HASHERS = [*PASSWORD_HASHERS, "trueup.api.tokens.LongSecrets"]  # people's passwords as ever; programs have no passwords
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
ACCOUNT_ADAPTER = "trueup.web.signing_in.Accounts"
ACCOUNT_FORMS = {"reset_password": "trueup.web.signing_in.ResetPassword"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # who may come in is said by memberships, and the link of an invitation proves the address
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # "your password was changed"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if environment.flag("TRUEUP_BEHIND_PROXY") else 0  # whose address the limits are for
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "TrueUp"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _SECURE  # localhost
SOCIALACCOUNT_ADAPTER = "trueup.web.signing_in.SingleSignOn"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # the adapter finds the member: the library would take the password away
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": SINGLE_SIGN_ON.apps}}
USERSESSIONS_TRACK_ACTIVITY = True  # every few minutes: signing_in.Sessions
IDP_OIDC_ADAPTER = "trueup.api.tokens.Issuer"
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 60 * 24 * 3600  # seconds without use, of a command line
IDP_OIDC_DEVICE_CODE_EXPIRES_IN = 10 * 60  # signing in with a second step takes a while
IDP_OIDC_PRIVATE_KEY = environment.signing_key(TRUEUP_HOME)

# ── What a page may load: nothing but our own files ───────────────────────────────────────────────────────────────────

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF, *SINGLE_SIGN_ON.origins],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# ── E-mail ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_MAIL = environment.email("TRUEUP_EMAIL_URL", TRUEUP_HOME / "outbox")
EMAIL_BACKEND, EMAIL_FILE_PATH = _MAIL["EMAIL_BACKEND"], _MAIL.get("EMAIL_FILE_PATH", "")
EMAIL_HOST, EMAIL_PORT = _MAIL.get("EMAIL_HOST") or "localhost", _MAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.get("EMAIL_HOST_USER") or "", _MAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.get("EMAIL_USE_TLS", False), _MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("TRUEUP_EMAIL_FROM", "").strip() or f"TrueUp <trueup@{_HOST}>"

# ── The log: what went wrong, and who signed in, on standard error ────────────────────────────────────────────────────

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},  # a page that is not there is no news
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "trueup.web.signing_in": {"level": "INFO"},  # docs/sign-in.md
    },
}
