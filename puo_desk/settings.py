"""How the desk is composed. Everything a deployment may choose comes from the environment.

``DATABASE_URL`` and ``REDIS_URL`` are set by ``manage.py`` when the embedded servers are used. With
``PUO_ENV=production`` nothing has a guessable default: a missing secret stops the start.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

PRODUCTION = env("PUO_ENV", default="local") == "production"
LOCAL_DIR = Path(env("PUO_LOCAL", default=str(BASE_DIR / ".local")))
DEBUG = env.bool("PUO_DEBUG", default=False)


def _secret_key() -> str:
    """The key from the environment; a desk on one machine keeps its own in its local directory."""
    if key := env("SECRET_KEY", default=""):
        return key
    if PRODUCTION:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Make one: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    path = LOCAL_DIR / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DESK_URL = env("DESK_URL", default=f"http://127.0.0.1:{env('PORT', default='8000')}").rstrip("/")
DESK_NAME = env("DESK_NAME", default="PUO Desk")
DESK_TIME_ZONE = env("DESK_TIME_ZONE", default="UTC")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.admin",
    "django_htmx",
    "lucide",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "puo_desk.kernel",
    "puo_desk.accounts",
    "puo_desk.notifications",
    "puo_desk.stack",
    "tickets",
    "escalations",
    "sop",
    "reports",
    "puo_desk.demo",
]

MIDDLEWARE = [
    "puo_desk.kernel.http.middleware.RequestContextMiddleware",
    # Before whatever may answer by itself: files, redirects and early refusals have their policy too.
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "puo_desk.kernel.http.middleware.InputCapsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "puo_desk.kernel.http.middleware.AddressMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "puo_desk.accounts.web.middleware.ReaderMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "puo_desk.kernel.http.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "puo_desk.urls"
WSGI_APPLICATION = "puo_desk.wsgi.application"
ASGI_APPLICATION = "puo_desk.asgi.application"

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
                "puo_desk.kernel.pages.rail.context",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default="postgres:///puo_desk")}
DATABASES["default"] |= {
    "ENGINE": "puo_desk.kernel.postgresql",
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
    "CONN_HEALTH_CHECKS": True,
    "DISABLE_SERVER_SIDE_CURSORS": env.bool("DISABLE_SERVER_SIDE_CURSORS", default=False),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
REDIS_PREFIX = env("REDIS_PREFIX", default="puo")
CACHES = {
    "default": {
        "BACKEND": "puo_desk.kernel.cache.FailSoftRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_PREFIX,
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "puo_desk.accounts.web.sign_in.DeskBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
# Shows the demo's sign-ins on the sign-in page, when the demo's people are all here.
DEMO = not PRODUCTION and env.bool("DEMO", default=True)
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "puo_desk.accounts.web.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "puo_desk.accounts.web.adapters.SocialAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Accounts are made by an admin or by single sign-on, unless a deployment opens sign-up.
ACCOUNTS_SIGNUP = env.bool("ACCOUNTS_SIGNUP", default=False)
SSO_SIGNUP = env.bool("SSO_SIGNUP", default=True)
SSO_ROLE = env("SSO_ROLE", default="requester")
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_FORMS = {
    "login": "puo_desk.accounts.web.sign_in.SignInForm",
    "add_email": "puo_desk.accounts.web.sign_in.OwnAddressForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = DESK_NAME
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_REQUIRED = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "puo_desk.accounts.web.single_sign_on.provider.DeskProvider",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [],
    }
}
if oidc_server := env("OIDC_SERVER_URL", default="").rstrip("/"):
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = [
        {
            "provider_id": "sso",
            "name": env("OIDC_NAME", default="Single sign-on"),
            "client_id": env("OIDC_CLIENT_ID"),
            "secret": env("OIDC_CLIENT_SECRET"),
            "settings": {"server_url": oidc_server},
        }
    ]

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("de", _("German")),
    ("fr", _("French")),
    ("es", _("Spanish")),
    ("pt", _("Portuguese")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(LOCAL_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_MAX_AGE = 60 if not PRODUCTION else 31_536_000
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "puo_desk.kernel.pages.staticfiles.DeskStaticStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(LOCAL_DIR / "files")))
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
FILE_UPLOAD_HANDLERS = [
    "puo_desk.kernel.http.uploads.CappedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 25
UPLOAD_MAX_BYTES = 10 * 1_048_576
UPLOAD_MAX_FILES = 25

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://" if not PRODUCTION else "smtp://localhost:25")
if directory := EMAIL_CONFIG.get("EMAIL_FILE_PATH"):
    # filemail:///var/mail is read without its first slash.
    EMAIL_CONFIG["EMAIL_FILE_PATH"] = str(Path("/") / directory)
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="PUO Desk <desk@localhost>")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "puo_desk.accounts.web.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "puo_desk.kernel.http.answers.csrf_failure"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=True) else None
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "puo_desk.accounts.api.authentication.BearerAuthentication",
        "puo_desk.accounts.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["puo_desk.accounts.api.permissions.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["puo_desk.kernel.http.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "puo_desk.kernel.http.openapi.DeskSchema",
    "DEFAULT_THROTTLE_CLASSES": ["puo_desk.accounts.api.throttles.ActorThrottle"],
    "DEFAULT_THROTTLE_RATES": {"actor": env("API_RATE", default="1200/min")},
    "EXCEPTION_HANDLER": "puo_desk.kernel.http.answers.exception_handler",
    "DEFAULT_PAGINATION_CLASS": None,
    "UNAUTHENTICATED_USER": None,
    "DATETIME_FORMAT": "iso-8601",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PUO Desk API",
    "DESCRIPTION": "Tickets, their conversation, promises, procedures and daily reports.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["puo_desk.accounts.api.permissions.Public"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ImpactEnum": "tickets.vocabulary.Impact",
        "UrgencyEnum": "tickets.vocabulary.Urgency",
        "PriorityEnum": "tickets.vocabulary.Priority",
        "ChannelEnum": "tickets.vocabulary.Channel",
        "StatusCategoryEnum": "tickets.vocabulary.StatusCategory",
        "MessageKindEnum": "tickets.vocabulary.MessageKind",
        "FieldKindEnum": "tickets.vocabulary.FieldKind",
        "LinkKindEnum": "tickets.vocabulary.LinkKind",
        "SegmentReasonEnum": "escalations.vocabulary.SegmentReason",
        "ArticleStateEnum": "sop.vocabulary.ArticleState",
        "RoleEnum": "puo_desk.accounts.vocabulary.Role",
        "ScopeEnum": "puo_desk.accounts.vocabulary.Scope",
    },
}
# How long an Idempotency-Key keeps its answer (promise P2 asks for 24 hours).
IDEMPOTENCY_HOURS = 48

LOGGING_CONFIG = "puo_desk.kernel.logs.configure"
LOGGING = {"json": env.bool("LOG_JSON", default=PRODUCTION), "level": env("LOG_LEVEL", default="INFO")}

# How patient the desk is with a silent requester, in days: reminders, then resolved; resolved, then closed.
CHASE_AFTER_DAYS = env.list("CHASE_AFTER_DAYS", cast=int, default=[2, 2])
RESOLVE_SILENT_AFTER_DAYS = env.int("RESOLVE_SILENT_AFTER_DAYS", default=3)
CLOSE_RESOLVED_AFTER_DAYS = env.int("CLOSE_RESOLVED_AFTER_DAYS", default=3)
# Lets a monitoring system on another machine read /metrics; without it only this machine may.
METRICS_TOKEN = env("METRICS_TOKEN", default="")

# How many requests a web process works on at once; each thread keeps a database connection, of 6 MB in PostgreSQL.
WEB_THREADS = env.int("WEB_THREADS", default=6)

# Whether the web process looks every minute for late work; a deployment runs `audit_due_work --every 60` instead.
WEB_AUDITS = env.bool("WEB_AUDITS", default=not PRODUCTION)

# When a day of the desk ends, as wall time in DESK_TIME_ZONE.
REPORT_CUTOFF = env("REPORT_CUTOFF", default="00:00")

# Every process that sends a task must know the broker, so the Celery app is made with the settings.
import puo_desk.celery  # noqa: E402, F401
