"""Let administrators see how the system is, and close it for maintenance."""

from django.db import migrations

from servicedesk.staff.roles import OPERATION_PERMISSIONS, grant


def forwards(apps, schema_editor):
    grant(apps, OPERATION_PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0008_every_clearance"),
        ("core", "0006_operations"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
