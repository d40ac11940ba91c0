"""What every way of running the desk shares. Values come from ``environment.Environment``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse_lazy

from smsdesk.settings.environment import (
    ROOT,
    database_options,
    email_options,
    listed,
    read_environment,
)

NO_EMAIL = "django.core.mail.backends.dummy.EmailBackend"

env = read_environment()

SECRET_KEY = env.secret_key
# Those that seal carriers' secrets in the database (``smsdesk.lib.sealed``), the newest first.
SEALING_KEYS = listed(env.sealing_keys)
DEBUG = False
ALLOWED_HOSTS = listed(env.allowed_hosts)
PUBLIC_URL = env.public_url
HANDSET = env.handset
METRICS_TOKEN = env.metrics_token

# Without "daphne", which would only replace runserver: loading it costs every process a second.
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "channels",
    "django_htmx",
    "import_export",
    "agents",
    "routing",
    "cases",
    "smsdesk",
    *(["smsdesk.handset"] if HANDSET else []),
]

MIDDLEWARE = [
    "smsdesk.health.HealthMiddleware",  # before hosts and TLS are asked for
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages, and fragments of 200 bytes and more; what is static is kept compressed by WhiteNoise.
    # Against BREACH each answer has a random length, and CSRF tokens are masked anew.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "smsdesk.lib.acting.ActingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "smsdesk.door.gate.GateMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "smsdesk.lib.framing.FramingMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
]

ROOT_URLCONF = "smsdesk.urls"
ASGI_APPLICATION = "smsdesk.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["smsdesk.console.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# A pool, never CONN_MAX_AGE: under ASGI each request has its own thread, and kept
# connections would fill PostgreSQL's slots within seconds.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **database_options(env.database_url),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 16, "timeout": 10}},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis_url
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        # The older core layer drops frames silently once a slow consumer has 100 waiting.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "smsdesk"},
    },
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = 8
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_DEFAULT_QUEUE = "smsdesk"
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 1}
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "clear-sessions": {"task": "smsdesk.clear_sessions", "schedule": 24 * 3600.0},
    "reconcile": {
        "task": "routing.reconcile",
        "schedule": 3600.0,
        "options": {"expires": 1800},
    },
    # A round that no worker took in time is as good as the next one.
    "count-tallies": {
        "task": "routing.count_tallies",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "apply-retention": {"task": "cases.apply_retention", "schedule": 24 * 3600.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(env.var_dir / "celerybeat-schedule")

# The roles of the admin (K3): supervisors run what these apps hold, but of some models they only
# look at the rows, which are the administrators': carriers' accounts, where secrets and money are,
# and how long things are kept.
SUPERVISED_APPS = ["agents", "routing", "cases"]
ADMINISTRATORS_ONLY = ["routing.carrieraccount", "cases.retentionperiod"]

LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "sign-in"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "smsdesk.console.sessions.AgentBackend",
]
# Wrong passwords are counted for each username *and* address: a stranger shuts out nobody but
# whoever tries from the same address, and nobody under another name (docs/adr/0013).
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "smsdesk.door.addresses.client_address"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# The sign-in forms say it themselves; axes' middleware would show a page of its own.
SILENCED_SYSTEM_CHECKS = ["axes.W002"]

REQUIRE_TWO_FACTOR = bool(env.require_two_factor)
OTP_TOTP_ISSUER = "smsdesk"
ADMIN_IDLE_SECONDS = env.admin_idle_minutes * 60
ADMIN_SESSION_HOURS = env.admin_session_hours
DESK_SESSION_HOURS = env.desk_session_hours

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Invitations. Without a server none is sent: their links are shown to supervisors all the same.
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend" if env.email_url else NO_EMAIL
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.email_from
vars().update(email_options(env.email_url))

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = env.var_dir / "static"
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "smsdesk.lib.assets.Assets"},
}

# A webhook body over this is answered 413 (reliability: fault 35).
WEBHOOK_MAX_BYTES = 256 * 1024
WEBHOOK_BODY_SECONDS = 10
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

PRESENCE_TIMEOUT_SECONDS = env.presence_timeout_seconds
CARRIER_TIMEOUT_SECONDS = env.carrier_timeout_seconds
SEND_WITHIN_HOURS = env.send_within_hours
RECONCILE_HOURS = env.reconcile_hours
# One limit over SMS and chat: the default of S0:18, the ceiling of S4:23 (D1, D3).
DEFAULT_CONVERSATION_LIMIT = 6
# Of the price list (A9); ISO 4217.
CURRENCY = env.currency
# Whether agents may look for a customer by name, address or e-mail (S3:12).
ADDRESS_SEARCH = env.address_search
# Called inside the transaction that ends or closes a conversation: no transcript is lost (H8).
CONVERSATION_LOG_HOOK = "cases.services.chatlogs.save_chat_log"
# Says who has each of some numbers: rules ask whether a customer is known (B3).
KNOWN_NUMBERS_HOOK = "cases.selectors.customers.names_by_address"
# Gives the postal addresses kept with each of some numbers, for quiet hours (N17).
POSTAL_ADDRESSES_HOOK = "cases.selectors.customers.postal_addresses"
# Called by every sweep, twice a second in each worker and beat: what apps above routing have due.
SWEPT = [
    "cases.services.campaigns.send_due_campaign_texts",
    *(["smsdesk.handset.runs.play"] if HANDSET else []),
]
# Called inside the transaction that erases a person's data (N19): what of them is above cases.
ERASED = [
    "smsdesk.door.kept.forget",
    *(["smsdesk.handset.services.forget"] if HANDSET else []),
]
CARRIERS = {
    "twilio": "routing.carriers.twilio.Twilio",
    "telnyx": "routing.carriers.telnyx.Telnyx",
    "vonage": "routing.carriers.vonage.Vonage",
    "vonage-messages": "routing.carriers.vonage_messages.VonageMessages",
    "8x8": "routing.carriers.eightxeight.EightXEight",
    "kannel": "routing.carriers.kannel.Kannel",
    "generic": "routing.carriers.generic.Generic",
}

# Whoever may change rows may import them, whoever sees them may export them.
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"

SESSION_ENGINE = "smsdesk.console.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "smsdesk.console.views.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Pages of these show the desk in a frame (F19). Cookies go along there only if they are for that.
EMBED_ORIGINS = listed(env.embed_origins)
if EMBED_ORIGINS:
    SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "None"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "EXCLUDE_URL_PREFIXES": ["/admin/"],  # Unfold's Alpine needs inline handlers
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "connect-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": EMBED_ORIGINS or ["'none'"],
    },
}
if env.trusted_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

UNFOLD: dict[str, Any] = {
    "LOGIN": {"form": "smsdesk.door.forms.AdminSignInForm"},
    "ACCOUNT": {
        "navigation": [{"title": "Two-factor sign-in", "link": reverse_lazy("two-factor")}]
    },
    "SITE_TITLE": "smsdesk",
    "SITE_HEADER": "smsdesk",
    "SITE_SUBHEADER": "Supervision",
    "SITE_URL": "/desk/",
    "DASHBOARD_CALLBACK": "smsdesk.supervision.pages.first_page",
    "SIDEBAR": {"navigation": "smsdesk.supervision.pages.sidebar"},
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "smsdesk.lib.logs.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.log_level},
}
