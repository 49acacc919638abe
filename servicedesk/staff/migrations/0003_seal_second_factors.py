"""Seal the seeds of apps and recovery codes that were written down in clear."""

from django.db import migrations

from servicedesk.staff.adapters.second_factor import SecondFactorAdapter


def forwards(apps, schema_editor):
    adapter = SecondFactorAdapter()
    rows = apps.get_model("mfa", "Authenticator").objects.select_for_update()
    for row in rows.filter(type__in=["totp", "recovery_codes"]):
        for name in {"secret", "seed"} & set(row.data):
            row.data[name] = adapter.encrypt(row.data[name])
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0002_roles_and_teams"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
