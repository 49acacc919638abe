"""A desk that can also count."""

from servicedesk.settings.desk import *  # noqa: F403
from servicedesk.settings.desk import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.core.counting.apps.CountingConfig"]
