"""One settings file, driven by the environment (config/environment.py). DEBUG is never on: the demo runs what production runs."""

import os
import sys

from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from config.environment import BASE_DIR, WrongEnvironment, read_environment

try:
    ENVIRONMENT = read_environment(os.environ)
except WrongEnvironment as wrong:
    sys.exit(f"Ventanilla cannot start. {wrong}")

MODE = ENVIRONMENT.mode
DEBUG = False
SECRET_KEY, *SECRET_KEY_FALLBACKS = ENVIRONMENT.secret_keys
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
IS_HTTPS = ENVIRONMENT.is_https

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EVENT_WIRING = "config.wiring.SUBSCRIBERS"
REALTIME_TOPICS = "config.wiring.TOPICS"
PANELS = "config.panels.PANELS"
SECTIONS = "config.sections.AREAS"
RIGHTS = "config.rights.AREAS"
HOLDERS = "config.privacy.HOLDERS"
JOURNAL_WORDS = "config.journal.WORDS"
RELEASE = "0.1.0"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "core",
    "accounts",
    "typification",
    "contacts",
    "campaigns",
    "inbox",
    "webhooks",
    "privacy",
    "processes",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "core.middleware.UnavailableMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    # Out here, so that the errors of the others (an unknown Host) carry the header too.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionLifetimeMiddleware",
    "accounts.middleware.PreferencesMiddleware",
    "core.misses.MissesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

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
                "csp.context_processors.nonce",
            ],
        },
    }
]

# --- Data ---------------------------------------------------------------------------------------------------------------------

# One second for a connection, then 503: an agent is told at once, and Daphne's threads are not all spent waiting.
DATABASES = {
    "default": ENVIRONMENT.database
    | {
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **ENVIRONMENT.database["OPTIONS"],  # type: ignore[dict-item]  # the environment's own dictionary is untyped by design
            "pool": {"min_size": 1, "max_size": 24, "timeout": 1.0, "max_waiting": 64},
            "connect_timeout": 3,
        },
    }
}

REDIS_URL = ENVIRONMENT.redis_url
CACHES = {
    "default": {
        "BACKEND": "core.cache.OutageTolerantRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        # As the realtime channel: two installations on one Redis, or two test processes, never read each other's.
        "KEY_PREFIX": f"cache:{ENVIRONMENT.database['NAME']}",
    }
}
FIELD_KEYS = ENVIRONMENT.field_keys

MEDIA_ROOT = ENVIRONMENT.media_root
MEDIA_URL = "/media/"
MEDIA_ACCEL_REDIRECT = ENVIRONMENT.accelerated
STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.static_root
# What was built stands before its source: modules are served minified, under the names they are written with.
STATICFILES_DIRS = [BASE_DIR / "static_build", BASE_DIR / "static"]
STORAGES = {
    "default": ENVIRONMENT.storage,
    "staticfiles": {"BACKEND": "core.static_storage.CompressedManifestStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

# --- Celery -------------------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = ENVIRONMENT.broker_url
# A broker that is away must not hold a request: short time-outs, no retry; the sweeper re-hints from the rows.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 2,
    "socket_connect_timeout": 0.5,
    "visibility_timeout": 300,
    "max_retries": 0,
    "global_keyprefix": "celery:",
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "America/Asuncion"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "celery"
# Apart, so that none starves another: each is served by workers of its own (runner/product.py, docker-compose.yml). `celery` is for
# what distributes, sweeps and cleans; `bulk` and `push` are for what comes with the back office.
WORK_QUEUES = ("celery", "inbound", "outbound", "media", "bulk", "push")
CELERY_TASK_ROUTES = {
    "webhooks.tasks.*": {"queue": "inbound"},
    "inbox.tasks.drain_outbox": {"queue": "outbound"},
    "inbox.tasks.keep_sending": {"queue": "outbound"},
    # Not with the sends it hints: while those are held up it would stand behind them.
    "inbox.tasks.sweep_outbox": {"queue": "celery"},
    "campaigns.tasks.*": {"queue": "bulk"},
    "contacts.tasks.*": {"queue": "bulk"},
    "privacy.tasks.*": {"queue": "bulk"},
    "processes.tasks.*": {"queue": "bulk"},
    # Short, and not behind the runs it hints.
    "processes.tasks.sweep_runs": {"queue": "celery"},
    "inbox.tasks.fetch_attachment": {"queue": "media"},
    "inbox.tasks.sweep_attachments": {"queue": "media"},
    "inbox.tasks.clear_file": {"queue": "media"},
    "inbox.tasks.clear_files": {"queue": "media"},
    "core.tasks.check_invariants": {"queue": "bulk"},
    # Short, and not behind a night's work.
    "contacts.tasks.count_slices": {"queue": "celery"},
    "contacts.tasks.release_overdue_members": {"queue": "celery"},
    # Nothing of the message path waits behind a push service that does not answer (R51).
    "inbox.push_tasks.*": {"queue": "push"},
    "accounts.tasks.send_test_push": {"queue": "push"},
}
# Hints that a sweeper gives again: old ones are thrown away, and none are sent to a queue that is full (core/hints.py).
CELERY_TASK_ANNOTATIONS = {
    "webhooks.tasks.ingest": {"expires": 30},
    "inbox.tasks.drain_outbox": {"expires": 60},
    "inbox.tasks.keep_sending": {"expires": 60},
    "inbox.tasks.fetch_attachment": {"expires": 120},
    "inbox.tasks.clear_file": {"expires": 120},
    "inbox.tasks.distribute": {"expires": 60},
    "inbox.tasks.distribute_all": {"expires": 60},
    "inbox.tasks.distribute_to": {"expires": 60},
    "inbox.attention_tasks.end_offers": {"expires": 30},
    "inbox.attention_tasks.tick": {"expires": 30},
    "inbox.push_tasks.tell_of_messages": {"expires": 120},
    "inbox.push_tasks.tell_of_waiting": {"expires": 120},
    "inbox.push_tasks.tell_assignee": {"expires": 120},
    "inbox.push_tasks.send_push": {"expires": 60},
    "accounts.tasks.send_test_push": {"expires": 30},
    "contacts.tasks.refresh_group": {"expires": 120},
    "contacts.tasks.refresh_groups_of": {"expires": 120},
    "processes.tasks.preview": {"expires": 30},
    "processes.tasks.advance": {"expires": 30},
}
CELERY_BEAT_SCHEDULE = {
    "ingest": {"task": "webhooks.tasks.ingest", "schedule": 2.0, "options": {"expires": 2}},
    "outbox": {"task": "inbox.tasks.sweep_outbox", "schedule": 3.0, "options": {"expires": 3}},
    "distribution": {"task": "inbox.tasks.distribute_waiting", "schedule": 5.0, "options": {"expires": 5}},
    "greetings": {"task": "inbox.tasks.sweep_greetings", "schedule": 10.0, "options": {"expires": 10}},
    "opt-outs": {"task": "inbox.tasks.sweep_opt_outs", "schedule": 30.0, "options": {"expires": 30}},
    "returns": {"task": "inbox.tasks.return_unanswered", "schedule": 10.0, "options": {"expires": 10}},
    "attachments": {"task": "inbox.tasks.sweep_attachments", "schedule": 15.0, "options": {"expires": 15}},
    "pushes": {"task": "inbox.push_tasks.sweep_pushes", "schedule": 10.0, "options": {"expires": 10}},
    "files": {"task": "inbox.tasks.clear_files", "schedule": 600.0, "options": {"expires": 600}},
    "partitions": {"task": "webhooks.tasks.make_partitions", "schedule": 3600.0},
    "dead letters": {"task": "webhooks.tasks.forget_dead_letters", "schedule": 3600.0},
    "reservations": {
        "task": "contacts.tasks.release_overdue_members",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "unfinished records": {
        "task": "inbox.attention_tasks.release_unfinished_records",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "slices": {"task": "contacts.tasks.count_slices", "schedule": 10.0, "options": {"expires": 10}},
    "presence": {"task": "accounts.tasks.sweep_abandoned", "schedule": 60.0, "options": {"expires": 60}},
    "overruns": {"task": "accounts.tasks.sweep_overruns", "schedule": 15.0, "options": {"expires": 15}},
    "offers": {"task": "inbox.attention_tasks.end_offers", "schedule": 2.0, "options": {"expires": 2}},
    "attention": {"task": "inbox.attention_tasks.tick", "schedule": 5.0, "options": {"expires": 5}},
    "orphans": {"task": "inbox.tasks.rescue_orphans", "schedule": 30.0, "options": {"expires": 30}},
    "deleted notes": {"task": "contacts.tasks.forget_notes", "schedule": 300.0, "options": {"expires": 300}},
    "groups": {"task": "contacts.tasks.refresh_stale_groups", "schedule": 60.0, "options": {"expires": 60}},
    "templates": {"task": "campaigns.tasks.sync_templates", "schedule": 3600.0, "options": {"expires": 3600}},
    "accounts' health": {"task": "campaigns.tasks.refresh_accounts", "schedule": 900.0, "options": {"expires": 900}},
    "account setups": {"task": "campaigns.tasks.forget_account_setups", "schedule": 3600.0},
    "parked": {"task": "inbox.tasks.purge_parked", "schedule": 3600.0},
    "parked changes": {"task": "inbox.tasks.settle_parked", "schedule": 60.0, "options": {"expires": 60}},
    "privacy requests": {"task": "privacy.tasks.sweep_requests", "schedule": 60.0, "options": {"expires": 60}},
    "runs": {"task": "processes.tasks.sweep_runs", "schedule": 5.0, "options": {"expires": 5}},
    "runs past": {"task": "processes.tasks.purge_runs", "schedule": 600.0, "options": {"expires": 600}},
    "retention": {"task": "privacy.tasks.retain", "schedule": crontab(hour=4, minute=0)},
    "possible duplicates": {"task": "contacts.tasks.suggest_merges", "schedule": crontab(hour=2, minute=15)},
    "invariants": {"task": "core.tasks.check_invariants", "schedule": crontab(hour=3, minute=30)},
} | {
    f"canary-{queue}": {
        "task": "core.tasks.canary",
        "schedule": 10.0,
        "args": (queue,),
        # Far longer than it takes where all is well: one that is late in a long queue still says that it came through.
        "options": {"queue": queue, "expires": 300},
    }
    for queue in WORK_QUEUES
}

# --- Who may enter ------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if MODE == "test":
    # A slow hash is the point of a hash; not of a thousand tests that sign in.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
# Every session ends with the old password, this one too (S12).
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_PREVENT_ENUMERATION = "strict"
# Per address and per (address, user): never per user alone, or a stranger could lock the admin out for ever (S14).
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key", "reset_password": "10/m/ip,3/5m/key"}
# How many proxies of ours stand in front: only what they add to X-Forwarded-For is believed (S18).
ALLAUTH_TRUSTED_PROXY_COUNT = ENVIRONMENT.trusted_proxies
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Ventanilla"
# People are invited by an admin, so their address was never theirs to verify here.
MFA_ALLOW_UNVERIFIED_EMAIL = True

# A session lasts a working day and ends after an hour without a human action (S16).
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The demo has no certificate, so plain names there; with HTTPS=1 the browser itself enforces host and path (__Host-).
if IS_HTTPS:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
else:
    SESSION_COOKIE_NAME = "session"
    CSRF_COOKIE_NAME = "csrf"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        # data: for the QR code of two-factor set-up, blob: for the picture about to be sent.
        "img-src": [SELF, "data:", "blob:"],
        # blob: to listen to a voice note, or to see a film, before it is sent.
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Language and time --------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Spanish")), ("en", _("English")), ("pt-br", _("Portuguese"))]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "America/Asuncion"
USE_THOUSAND_SEPARATOR = True
PHONE_DEFAULT_COUNTRY = "PY"
# Where «Llamar» leads until the voice channel makes calls itself: the device's telephone, or the company's exchange.
CALL_ADDRESS = ENVIRONMENT.call_address
TRANSFER_WITHIN_ONE_CAMPAIGN = ENVIRONMENT.transfer_within_one_campaign

# --- Interfaces ---------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.SessionAuthentication",
        "accounts.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.answer_exception",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DEFAULT_THROTTLE_RATES": {
        "send": "240/min",
        "search": "120/min",
        "contacts_write": "120/min",
        "upload": "60/min",
        "push_test": "6/min",
        # What is not there or not theirs, named by one user (core/misses.py): no desk meets as many.
        "misses": "240/min",
    },
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ventanilla",
    "VERSION": RELEASE,
    "SERVE_INCLUDE_SCHEMA": False,
    # Its own default shows every address to anybody (S45).
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
}

# Web push: where subscriptions may lead (S41), and who we are to the push services (RFC 8292).
PUSH_HOSTS = ENVIRONMENT.push_hosts
VAPID_PRIVATE_KEY = ENVIRONMENT.vapid_private_key
VAPID_SUBJECT = ENVIRONMENT.vapid_subject
META_GRAPH_URL = ENVIRONMENT.graph_url
# What WhatsApp allows a number (CHANNELS.md), and how many calls to it may be under way: as many as that pace needs at 300 ms a call, and
# half of the workers' threads, so that a number that does not answer never occupies them all (R20).
OUTBOUND_PER_SECOND = 80
OUTBOUND_CALLS_AT_ONCE = 24
META_APP_SECRETS = ENVIRONMENT.app_secrets
META_VERIFY_TOKEN = ENVIRONMENT.verify_token
WEBHOOK_BODY_LIMIT = 3 * 1024 * 1024
EMAIL_BACKEND = ENVIRONMENT.mail.backend
EMAIL_HOST, EMAIL_PORT = ENVIRONMENT.mail.host, ENVIRONMENT.mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = ENVIRONMENT.mail.user, ENVIRONMENT.mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = (ENVIRONMENT.mail.security == each for each in ("starttls", "tls"))
# A relay that does not answer must not hold a page's thread.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.mail.sender
# Empty: /metrics does not exist (S45).
METRICS_TOKEN = ENVIRONMENT.metrics_token
INVARIANTS = "config.invariants.ALL"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.db.backends": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "daphne": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "pywa": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
    },
}
