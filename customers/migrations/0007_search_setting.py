"""The one row that says how customers are searched for, and who may change it."""

from django.db import migrations

from customers.roles import SEARCH_PERMISSIONS
from servicedesk.staff.roles import grant


def forwards(apps, schema_editor):
    grant(apps, SEARCH_PERMISSIONS)
    apps.get_model("customers", "SearchSetting").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0006_search_and_merge"),
        ("staff", "0002_roles_and_teams"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
