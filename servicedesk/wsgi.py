"""Django as WSGI: the pages."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings.desk")
# The settings hold a page's database queries to a few seconds.
os.environ["SERVICEDESK_PROCESS"] = "web"
application = get_wsgi_application()
