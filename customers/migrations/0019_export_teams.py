"""An export says whose customers are in it."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0018_limits_by_two'),
    ]

    operations = [
        migrations.AddField(
            model_name='exportrequest',
            name='teams',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, editable=False, size=None),
        ),
    ]
