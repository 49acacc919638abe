"""Let administrators have backups made, and protection officers see that they are."""

from django.db import migrations

from servicedesk.backups.roles import PERMISSIONS
from servicedesk.staff.roles import grant


def forwards(apps, schema_editor):
    grant(apps, PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("backups", "0001_initial"),
        ("staff", "0005_key_permissions"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
