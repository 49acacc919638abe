"""Who may look at the audit log."""

from django.db import migrations

from servicedesk.audit.roles import PERMISSIONS
from servicedesk.staff.roles import grant


def forwards(apps, schema_editor):
    grant(apps, PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("staff", "0002_roles_and_teams"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
