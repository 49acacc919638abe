"""The rule of clearance, what the database keeps, the first agreement, who may do what."""

import datetime as dt

from django.db import migrations
from django.utils import timezone

from servicedesk.staff.defaults import create_first_agreement
from servicedesk.staff.guards import GUARDS, KEEP, LACKS, UNGUARD
from servicedesk.staff.roles import CLEARANCE_PERMISSIONS, grant

GRACE = dt.timedelta(days=90)


def forwards(apps, schema_editor):
    now = timezone.now()
    create_first_agreement(apps, now=now)
    grant(apps, CLEARANCE_PERMISSIONS)
    take_over(apps, now)


def take_over(apps, now):
    """Count who works here already as trained for a while; signing is not spared."""
    record = apps.get_model("staff", "TrainingRecord")
    people = apps.get_model("staff", "User").objects.filter(is_active=True)
    for user in people.order_by("pk"):
        told = {"user": user, "passed": True, "recorded_at": now, "reference": "upgrade"}
        record.objects.create(kind="onboarding", on=user.date_joined, **told)
        record.objects.create(kind="security", on=now, until=now + GRACE, **told)
        apps.get_model("staff", "Clearance").objects.create(
            user=user, onboarded_at=user.date_joined, training_until=now + GRACE
        )


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0006_clearance"),
    ]
    operations = [
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
        migrations.RunSQL(LACKS + GUARDS, UNGUARD),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
