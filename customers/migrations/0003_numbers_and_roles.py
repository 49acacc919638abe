"""Customer numbers, and what the roles may do with customers."""

from django.db import migrations

from customers.roles import PERMISSIONS
from servicedesk.staff.roles import grant


def forwards(apps, schema_editor):
    grant(apps, PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_initial"),
        ("staff", "0002_roles_and_teams"),
    ]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE customer_number_seq", "DROP SEQUENCE customer_number_seq"
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
