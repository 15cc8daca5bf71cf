"""Settings, all from the environment. Without DATABASE_URL, those of the embedded servers
(`var/embedded.env`, written by `make run` and by the tests) are used."""

from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv

from notifyproj.env import env, env_count, env_host, env_list, origin_of, own_name, secret

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
load_dotenv(VAR_DIR / "embedded.env", interpolate=False)  # what is set already, stays


# A process that is stopped in the middle of a transaction keeps its rows locked, and the sweep
# passes over those: within a lease (25 s) they have to be free.
LONGEST_IDLE = "20s"
POSTGRES = "django.db.backends.postgresql"


def database_from_url(url: str) -> dict[str, object]:
    """`postgresql://user:password@host:port/name?host=/socket/folder` as Django wants it."""
    found: dict[str, Any] = dict(
        dj_database_url.parse(
            url,
            conn_max_age=None,
            conn_health_checks=True,
            disable_server_side_cursors=True,
            test_options={"NAME": env.str("TEST_DATABASE", "") or None},
        )
    )
    if found["ENGINE"] != POSTGRES:
        raise ImproperlyConfigured("DATABASE_URL must be a postgresql:// URL")
    given = found.get("OPTIONS", {})
    for name in ("HOST", "PORT"):  # a socket is named by them
        found[name] = given.pop(name.lower(), found[name])
    found["OPTIONS"] = {
        "application_name": env.str("PROCESS_NAME", "notify"),
        "options": f"-c idle_in_transaction_session_timeout={LONGEST_IDLE}",
        **given,
    }
    return found


DEBUG = env.bool("DEBUG", False)
SECRET_KEY = secret.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = secret.str("SECRET_KEY_FALLBACKS", "").split()  # earlier ones, by spaces
FIELD_ENCRYPTION_KEYS = secret.str("FIELD_ENCRYPTION_KEYS")  # "2:base64,1:base64", newest first
LOOKUP_HASH_KEY = secret.str("LOOKUP_HASH_KEY")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
PUBLIC_URL = env.str("PUBLIC_URL", "http://localhost:8000")
EHLO_NAME = env_host("EHLO_NAME", own_name(PUBLIC_URL))  # how we greet mail servers
LIVE_URL = env.str("LIVE_URL", "http://localhost:8001")  # the server-sent events' origin
# Whose pages may show the inbox component; "*" for any (it sends no cookies).
INBOX_ORIGINS = env_list("INBOX_ORIGINS", origin_of(PUBLIC_URL))
CORS_ALLOW_ALL_ORIGINS = "*" in INBOX_ORIGINS
CORS_ALLOWED_ORIGINS = [origin for origin in INBOX_ORIGINS if origin != "*"]
CORS_URLS_REGEX = r"^/inbox/(api/|stream$)"
CORS_ALLOW_METHODS = ("GET", "POST")
CORS_ALLOW_HEADERS = ("Authorization", "Content-Type", "Last-Event-ID")
CORS_PREFLIGHT_MAX_AGE = 600  # seconds
# Whose the pages are that people see: a name, a logo (https:// or a path here), #rrggbb.
BRAND_NAME = env.str("BRAND_NAME", "")
BRAND_LOGO_URL = env.str("BRAND_LOGO_URL", "")
BRAND_ACCENT = env.str("BRAND_ACCENT", "")
SANDBOX = env.bool("SANDBOX", DEBUG)
# Which one this is, as a label in the admin: production, staging, ...
ENVIRONMENT_NAME = env.str("ENVIRONMENT_NAME", "sandbox" if SANDBOX else "")
# Loopback as somebody else's URL (webhooks, subscriptions): development only.
ALLOW_PRIVATE_URLS = env.bool("ALLOW_PRIVATE_URLS", SANDBOX)
# Hosts of your own that accounts may name: a mail relay, a gateway. All others have to be public.
PROVIDER_HOSTS = frozenset(host.lower() for host in env_list("PROVIDER_HOSTS"))
SANDBOX_URL = env.str("SANDBOX_URL", "http://127.0.0.1:8002")
SANDBOX_SMTP_PORT = env.int("SANDBOX_SMTP_PORT", 8003)

DATABASES = {"default": database_from_url(env.str("DATABASE_URL"))}
REDIS_URL = env.str("REDIS_URL")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "notifyproj.core",
    "channels",
    "channels.inbox",
    "channels.sandbox",
    "preferences",
    "templates",
    "notifications",
    "notifications.status_events",
    "notifications.digests",
    "notifications.segments",
    "notifications.campaigns",
    "notifyproj.admin_site",  # the last: it grants what the others declare
]
MIDDLEWARE = [
    "notifyproj.core.api.middleware.ClientAddress",
    "corsheaders.middleware.CorsMiddleware",  # 2 µs of a request to another path
    "django.middleware.security.SecurityMiddleware",
    "notifyproj.core.api.middleware.ApiMiddleware",
    "notifyproj.core.api.middleware.AdminPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "notifyproj.core.api.middleware.AuditActor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "notifyproj.urls"
WSGI_APPLICATION = "notifyproj.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "notifyproj" / "html"],
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
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "notifyproj" / "static"]
WHITENOISE_USE_FINDERS = True

SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
# A year; Django sends it over https only, so behind a proxy only if that is trusted.
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_URL.startswith("https://") else 0
PROXIES = env_count("BEHIND_PROXY", 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["notifyproj.core.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["notifyproj.core.api.authentication.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["notifyproj.core.api.authentication.ServiceThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "notifyproj.core.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
LOOK = "notifyproj.admin_site.brand"
ADMIN_POLICY = "notifyproj.admin_site.policy.policy"  # makes the header of its pages
LOGIN_URL, LOGIN_REDIRECT_URL = "/admin/login/", "/admin/"
UNFOLD = {
    "SITE_TITLE": f"{LOOK}.title",
    "SITE_HEADER": f"{LOOK}.title",
    "SITE_SUBHEADER": "Notifications",
    "SITE_SYMBOL": "notifications",
    "SITE_ICON": f"{LOOK}.icon",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"{LOOK}.favicon"}],
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "notifications.admin.home.view.dashboard",
    "ENVIRONMENT": f"{LOOK}.environment",
    "ENVIRONMENT_TITLE_PREFIX": f"{LOOK}.environment_prefix",
    "BORDER_RADIUS": "8px",
    "COLORS": {"primary": f"{LOOK}.palette"},
    "STYLES": [f"{LOOK}.stylesheet"],
    "SCRIPTS": [f"{LOOK}.script"],
    "LOGIN": {"form": "notifyproj.admin_site.login.LoginForm"},
    "SIDEBAR": {"navigation": "notifyproj.admin_site.navigation.sidebar"},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Notification platform",
    "DESCRIPTION": "Send notifications on the channels your recipients chose, and track delivery.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "POSTPROCESSING_HOOKS": ["notifyproj.core.api.openapi.add_common_errors"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Workers and Beat. A frozen broker is given up after some seconds, and connected to anew.
CELERY_BROKER_CONNECTION_TIMEOUT = 4
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
    # Tasks return at once, so a short one: it bounds how late a hint of a killed worker comes back.
    "visibility_timeout": 60,
    "queue_order_strategy": "priority",
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "socket_keepalive": True,
}
if CELERY_BROKER_URL.startswith(("amqp", "pyamqp")):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"read_timeout": 10, "write_timeout": 10}
    CELERY_BROKER_HEARTBEAT = 30
    # A hint is a row, too: one that a restart of the broker loses is made again by the sweep.
    CELERY_TASK_DEFAULT_DELIVERY_MODE = "transient"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# It would end a child for its task, and with it the hundreds of sends that child has in flight.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_TIMEZONE = "UTC"

# How the platform behaves; each is explained in docs/operations.md.
RETENTION_DAYS = env.int("RETENTION_DAYS", 30)
ATTACHMENT_DAYS = env.int("ATTACHMENT_DAYS", 7)  # a file nobody refers to is kept so long
# File names that no mail program should get from us, by their ends.
ATTACHMENT_REFUSED = env_list(
    "ATTACHMENT_REFUSED",
    "ade,adp,apk,appx,bat,cab,chm,cmd,com,cpl,dll,dmg,exe,hta,ins,iso,isp,jar,js,jse,lib,lnk,"
    "mde,msc,msi,msix,msp,mst,nsh,pif,ps1,reg,scr,sct,sh,sys,vb,vbe,vbs,vhd,vxd,wsc,wsf,wsh",
)
BACKLOG_LIMIT = env.int("BACKLOG_LIMIT", 5_000_000)  # waiting deliveries; above it, 503
CAMPAIGN_APPROVAL = env.bool("CAMPAIGN_APPROVAL", False)  # by somebody else, before a launch
API_RATE_PER_SECOND = env.int("API_RATE_PER_SECOND", 1_000)  # default of a service
# Processes of `web` on all machines: what each allows of a rate while Redis is away.
API_PROCESSES = env.int("API_PROCESSES", env.int("WEB_WORKERS", 1))

# Mail to us: bounces, complaints, unsubscriptions; see docs/email.md. The address is a domain that
# is all ours (bounces.example.com), or one mailbox with sub-addresses (bounces@example.com).
BOUNCE_ADDRESS = env.str("BOUNCE_ADDRESS", "")
BOUNCE_LISTEN = env.str("BOUNCE_LISTEN", "")  # host:port of the listener
BOUNCE_TLS_CERTIFICATE = env.str("BOUNCE_TLS_CERTIFICATE", "")  # PEM files, for STARTTLS
BOUNCE_TLS_KEY = env.str("BOUNCE_TLS_KEY", "")
# imaps://user:password@host/INBOX, pop3s://user:password@host; imap+starttls, pop3+starttls
BOUNCE_MAILBOX = secret.str("BOUNCE_MAILBOX", "")
BOUNCE_MAILBOX_CA = env.str("BOUNCE_MAILBOX_CA", "")  # PEM file of a private CA to trust, too
BOUNCE_MAILBOX_SECONDS = env.int("BOUNCE_MAILBOX_SECONDS", 30)

# Whom to tell about alerts: any of Sentry, a webhook that takes JSON, and e-mail.
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", "")
ALERT_EMAIL = env.str("ALERT_EMAIL", "")
ALERT_FROM = env.str("ALERT_FROM", "notify@localhost")
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = secret.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 5  # seconds

SENTRY_DSN = env.str("SENTRY_DSN", "")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "notifyproj.core.logs.PlainFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
    # Two lines for every task, one for every beat: the sweep alone would be three a second.
    # Django's own handlers would write a path as it is, and with it the token of a link.
    "loggers": {"django": {"handlers": [], "propagate": True}}
    | {
        name: {"level": env.str("TASK_LOG_LEVEL", "WARNING")}
        for name in ("celery.app.trace", "celery.beat", "celery.worker.strategy")
    },
}
