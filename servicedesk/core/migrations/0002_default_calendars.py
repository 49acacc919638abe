"""Calendars to begin with: around the clock, and Chinese office hours."""

from django.db import migrations
from django.utils import timezone

from servicedesk.core.calendar_defaults import create_default_calendars


def forwards(apps, schema_editor):
    create_default_calendars(apps, now=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
