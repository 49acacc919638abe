"""The roles with what they may do here, and the teams to begin with."""

from django.db import migrations

from servicedesk.staff.defaults import create_default_teams
from servicedesk.staff.roles import STAFF_PERMISSIONS, create_roles, grant


def forwards(apps, schema_editor):
    create_roles(apps)
    grant(apps, STAFF_PERMISSIONS)
    create_default_teams(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0001_initial"),
        ("core", "0002_default_calendars"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
