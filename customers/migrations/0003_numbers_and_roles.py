"""Customer numbers, and what the roles may do with customers."""

from django.db import migrations

from servicedesk.staff.roles import grant


# As they were then; 0005 gives what there is now.
_FIRST = {
    key: ["customers.view_customer", "customers.reveal_customer"]
    for key in ("agent", "senior_agent", "supervisor", "complaint_officer")
}


def forwards(apps, schema_editor):
    grant(apps, _FIRST)


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
