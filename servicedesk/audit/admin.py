"""The log has one page, with its own rules: the library's in Django admin is taken away."""

from auditlog import admin as library
from django.contrib import admin

admin.site.unregister(library.LogEntry)
