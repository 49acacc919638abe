"""For linters and message extraction: no servers, no secrets."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-checks-that-start-nothing")
os.environ.setdefault("DATABASE_URL", "postgres:///check")

from servicedesk.settings.base import *  # noqa: F403
