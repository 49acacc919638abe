"""What is written to the log, and in which form: the same in every place."""

import os

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "servicedesk.core.logs.DiscreetFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {
            "()": "servicedesk.core.operations.log_lines.JsonFormatter",
            "format": "%(message)s",
        },
    },
    "filters": {"names": {"()": "servicedesk.core.logs.NamesForPaths"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            # Production writes JSON; to read along, plain is better.
            "formatter": os.environ.get("LOG_FORMAT") or "plain",
            "filters": ["names"],
        }
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        # Addresses of customers' pages are secrets: requests are not logged by path.
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR"},
        # The web server's own lines go the same way as ours.
        "uvicorn": {"handlers": [], "propagate": True},
    },
}
