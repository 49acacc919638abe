"""What every place has in common; the environment gives the rest."""

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from servicedesk.settings import environment
from servicedesk.settings.logs import *  # noqa: F403
from servicedesk.settings.security import *  # noqa: F403

ROOT = Path(__file__).resolve().parents[2]
VERSION = environment.version(ROOT)
DATA_DIR = Path(os.environ.get("DATA_DIR", ROOT / ".data"))

SECRET_KEY = environment.secret("SECRET_KEY")
FIELD_KEYS_DIR = Path(os.environ.get("FIELD_KEYS_DIR", DATA_DIR / "keys"))
BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = [
    host.strip()
    for host in os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")
    if host.strip()
]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES", "0"))
DEBUG = False

INSTALLED_APPS = [
    "quality.apps.QualityConfig",
    "complaints.apps.ComplaintsConfig",
    "tickets.apps.TicketsConfig",
    "training.apps.TrainingConfig",
    "customers.apps.CustomersConfig",
    "knowledge.apps.KnowledgeConfig",
    "equipment.apps.EquipmentConfig",
    "servicedesk.audit.apps.AuditConfig",
    "servicedesk.backups.apps.BackupsConfig",
    "servicedesk.staff.apps.StaffConfig",
    "servicedesk.core.apps.CoreConfig",
    "servicedesk.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "guardian",
    "auditlog",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "servicedesk.core.operations.request_ids.RequestIdMiddleware",
    "servicedesk.core.health.HealthMiddleware",
    "servicedesk.core.operations.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "servicedesk.staff.middleware.ReaderMiddleware",
    "servicedesk.core.operations.maintenance.MaintenanceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "servicedesk.audit.middleware.AuditActorMiddleware",
]

ROOT_URLCONF = "servicedesk.urls"
WSGI_APPLICATION = "servicedesk.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "servicedesk.context.shell",
            ],
            "builtins": ["servicedesk.core.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- data ---
DATABASES = {
    "default": environment.database(
        environment.given("DATABASE_URL", "postgres:///servicedesk")
    )
}
# Who runs the desk, where that is not the owner of the tables: `migrate` gives it rights.
DATABASE_RUNNING_ROLE = os.environ.get("DATABASE_RUNNING_ROLE", "")
if os.environ.get("SERVICEDESK_PROCESS") == "web":
    # Nobody waits longer for a page; workers and migrations take the time they need.
    environment.limit_waiting(
        DATABASES["default"],
        statement=os.environ.get("WEB_STATEMENT_TIMEOUT", "15s"),
        lock=os.environ.get("WEB_LOCK_TIMEOUT", "5s"),
    )
REDIS_URL = environment.given("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        # It only remembers: while it is away the pages work, and each process counts alone.
        "BACKEND": "servicedesk.core.cache.TolerantRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "servicedesk",
        "OPTIONS": {
            "serializer": "servicedesk.core.cache.JsonSerializer",
            "socket_timeout": 1,
            "socket_connect_timeout": 1,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = DATA_DIR / "media"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
ATTACHMENT_MAX_BYTES = 10 * 1024 * 1024
ATTACHMENT_MAX_COUNT = 5
# Who looks at uploads before they are kept: servicedesk/core/scanning.py says how.
UPLOAD_SCANNER = os.environ.get("UPLOAD_SCANNER", "").strip()

# Servers that no other setting names and that the desk may speak to all the same, such as
# a proxy for what goes out: servicedesk/core/outgoing.py. ".example.com" is all under it.
OUTGOING_HOSTS = [
    host.strip().lower()
    for host in os.environ.get("OUTGOING_HOSTS", "").split(",")
    if host.strip()
]

# Who may read /metrics: Prometheus, with this word. Without one there is no such page.
METRICS_TOKEN = environment.given("METRICS_TOKEN")

# Where errors are reported to, if anywhere: servicedesk/core/operations/reporting.py.
SENTRY_DSN = environment.given("SENTRY_DSN")
SENTRY_ENVIRONMENT = os.environ.get("SENTRY_ENVIRONMENT") or "production"

# --- audit ---
AUDITLOG_LOGENTRY_MODEL = "audit.LogEntry"
# What a request or a task wrote is found together, and under the same number in the log.
AUDITLOG_CID_GETTER = "servicedesk.core.operations.request_ids.audit_number"
AUDIT_KEPT_MONTHS = int(os.environ.get("AUDIT_KEPT_MONTHS", "24"))
# A copy of every seal, best on a disk that the database's machine cannot write.
AUDIT_SEALS_DIR = Path(os.environ.get("AUDIT_SEALS_DIR", DATA_DIR / "seals"))
# The signed copy of who was erased; to be kept apart from the backups like the seals.
ERASURES_DIR = Path(os.environ.get("ERASURES_DIR", AUDIT_SEALS_DIR))
AUDIT_SEAL_KEYS_DIR = Path(os.environ.get("AUDIT_SEAL_KEYS_DIR", FIELD_KEYS_DIR))

# --- backups ---
BACKUP_DIR = Path(os.environ.get("BACKUP_DIR", DATA_DIR / "backups"))
BACKUP_S3_BUCKET = os.environ.get("BACKUP_S3_BUCKET", "")
BACKUP_S3_PREFIX = os.environ.get("BACKUP_S3_PREFIX", "")
# Without an address it is Amazon's.
BACKUP_S3_ENDPOINT = os.environ.get("BACKUP_S3_ENDPOINT", "")
BACKUP_S3_REGION = os.environ.get("BACKUP_S3_REGION", "")
BACKUP_S3_ACCESS_KEY = environment.given("BACKUP_S3_ACCESS_KEY")
BACKUP_S3_SECRET_KEY = environment.given("BACKUP_S3_SECRET_KEY")
# A private key of age: with it each backup is tried, and restore drills can be made. On
# a machine of its own, best; whoever has it can open the backups.
BACKUP_IDENTITY_FILE = os.environ.get("BACKUP_IDENTITY_FILE", "")
# The server on which restore drills make a scratch database, as a role that may create
# databases; without it the one of DATABASE_URL. Never what people work with.
DRILL_DATABASE_URL = environment.given("DRILL_DATABASE_URL")
# The private keys that a demonstration makes for itself, in its data folder.
DEMO_IDENTITY_FILE = "demo-backup-keys.txt"
# Where pg_dump and pg_restore are; without it they are looked for.
POSTGRES_PROGRAMS_DIR = os.environ.get("POSTGRES_PROGRAMS_DIR", "")
# --- security checks ---
# "pypi", the address of a service that speaks OSV's language, or "off".
VULNERABILITY_LIST = os.environ.get("VULNERABILITY_LIST", "pypi")
# Files of secrets have a date, which the checks look at; what stands in a variable has none.
SECRET_FILES, SECRETS_WITHOUT_DATE = environment.dated_secrets()
KEY_DAYS = int(os.environ.get("KEY_DAYS", "365"))
UNUSED_ACCOUNT_DAYS = int(os.environ.get("UNUSED_ACCOUNT_DAYS", "90"))
LONG_GRANT_DAYS = int(os.environ.get("LONG_GRANT_DAYS", "14"))
# Whom a finder of a weakness may write to: mailto:… or https://…
SECURITY_CONTACT = os.environ.get("SECURITY_CONTACT", "")

# --- static files ---
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", DATA_DIR / "static"))
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- languages and time ---
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
PHONE_REGION = "CN"

# --- letters ---
MAIL_FROM = os.environ.get("MAIL_FROM", "Servicedesk <service@example.com>")
DEFAULT_FROM_EMAIL = MAIL_FROM
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
SMTP_URL = environment.given("SMTP_URL")
if SMTP_URL:
    globals().update(environment.mail(SMTP_URL))

# --- what happens later: duties are rows, the broker carries wake-ups only ---
CELERY_BROKER_URL = REDIS_URL
# A mail server that hangs holds up letters only, and long work holds up nothing: each
# has a queue of its own.
CELERY_TASK_ROUTES = {
    "audit.verify_nightly": {"queue": "jobs"},
    # For the machine that has the private key of the backups.
    "backups.drill": {"queue": "drills"},
    "backups.make": {"queue": "jobs"},
    "backups.tidy": {"queue": "jobs"},
    "core.run_jobs": {"queue": "jobs"},
    "customers.count_profile": {"queue": "jobs"},
    "customers.sweep_retention": {"queue": "jobs"},
    "core.send_notifications": {"queue": "letters"},
    "tickets.sweep_letters": {"queue": "letters"},
    "customers.sweep_rights_letters": {"queue": "letters"},
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1200,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "retry_on_timeout": True,
}
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_MAX_RETRIES = None

# The rule is 48 hours. A demonstration may run the clock faster; production refuses.
FOLLOW_UP_SPEED = int(os.environ.get("DEMO_FOLLOW_UP_SPEED", "1"))
SWEEP_SECONDS = 60.0

SILENCED_SYSTEM_CHECKS = ["guardian.W001"]

SITE_NAME = _("Servicedesk")
