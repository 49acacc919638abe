"""Handing customers to another team is a permission of its own."""

from django.db import migrations

from customers.roles import HAND_OVER_PERMISSIONS
from servicedesk.staff.roles import grant


def forwards(apps, schema_editor):
    grant(apps, HAND_OVER_PERMISSIONS)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0013_moving'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='customer',
            options={'permissions': [('reveal_customer', 'Can reveal masked values for a purpose'), ('merge_customer', 'Can merge customers'), ('hand_over_customer', 'Can hand customers to another team'), ('import_customer', 'Can import customers'), ('export_customer', 'Can ask for an export of customers'), ('approve_export', 'Can approve exports'), ('analyse_customer', 'Can see the analysis of customers'), ('care_customer', 'Can plan and record care contacts'), ('handle_rights', 'Can handle requests of the person concerned'), ('manage_retention', 'Can set how long data are kept'), ('watch_access', 'Can see who may see whom, and alarms'), ('see_payment', 'May see payment records (by grant only)'), ('export_one', 'May export this customer (by grant only)')], 'verbose_name': 'customer', 'verbose_name_plural': 'customers'},
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
