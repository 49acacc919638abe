"""Ticket numbers, settings to begin with, and what the roles may do with tickets."""

from django.db import migrations
from django.utils import timezone

from servicedesk.staff.roles import grant
from tickets.defaults import create_defaults
from tickets.roles import PERMISSIONS


def forwards(apps, schema_editor):
    create_defaults(apps, now=timezone.now())
    grant(apps, PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0001_initial"),
        ("customers", "0003_numbers_and_roles"),
    ]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE ticket_number_seq", "DROP SEQUENCE ticket_number_seq"
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
