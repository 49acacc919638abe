"""What the roles may do with long work."""

from django.db import migrations

from servicedesk.staff.roles import JOB_PERMISSIONS, grant


def forwards(apps, schema_editor):
    grant(apps, JOB_PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0003_seal_second_factors"),
        ("core", "0003_jobs"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
