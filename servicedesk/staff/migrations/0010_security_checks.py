"""Let administrators and data protection officers see and answer the security checks."""

from django.db import migrations

from servicedesk.staff.roles import SECURITY_PERMISSIONS, grant


def forwards(apps, schema_editor):
    grant(apps, SECURITY_PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0009_operations"),
        ("core", "0007_security_checks"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
