"""Data protection officers decide about grants, too."""

from django.db import migrations

from servicedesk.staff.roles import grant

_OFFICER = ["customers.approve_accessgrant"]


def forwards(apps, schema_editor):
    grant(apps, {"data_protection_officer": _OFFICER})


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0008_access_watch"),
        ("staff", "0002_roles_and_teams"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
