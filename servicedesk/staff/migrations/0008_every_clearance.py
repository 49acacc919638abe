"""To see everybody's clearance is a permission of its own; supervisors see their teams'."""

from django.db import migrations

from servicedesk.staff.roles import EVERY_CLEARANCE_PERMISSIONS, grant


def forwards(apps, schema_editor):
    grant(apps, EVERY_CLEARANCE_PERMISSIONS)


class Migration(migrations.Migration):

    dependencies = [
        ('staff', '0007_clearance_rules'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='clearance',
            options={'default_permissions': ('view',), 'permissions': [('record_clearance', 'Can record onboarding and security training'), ('view_every_clearance', 'Can see the clearance of people of all teams')], 'verbose_name': 'clearance', 'verbose_name_plural': 'clearances'},
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
