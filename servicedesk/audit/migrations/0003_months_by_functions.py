"""Functions of the owner that make and drop months, for a role that owns no table."""

import django.utils.timezone
from django.db import migrations

from servicedesk.audit import database, partitions


def make_functions(apps, schema_editor):
    schema_editor.execute(database.MONTHS, None)
    partitions.ensure(now=django.utils.timezone.now())


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_roles"),
    ]
    operations = [migrations.RunPython(make_functions, migrations.RunPython.noop)]
