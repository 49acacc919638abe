"""Let administrators see how the keys stand, and start the work about them."""

from django.db import migrations

from servicedesk.staff.roles import KEY_PERMISSIONS, grant


def forwards(apps, schema_editor):
    grant(apps, KEY_PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0004_jobs"),
        ("core", "0004_keys"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
