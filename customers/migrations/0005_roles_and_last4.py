"""What roles may do and see, and the last four digits of numbers already on record."""

from django.db import migrations

from customers.roles import PERMISSIONS, create_mask_rules
from servicedesk.staff.roles import grant

_PORTION = 1_000


def forwards(apps, schema_editor):
    grant(apps, PERMISSIONS)
    create_mask_rules(apps)


def index_last4(apps, schema_editor):
    contacts = apps.get_model("customers", "ContactPoint")
    field = contacts._meta.get_field("last4_index")
    phones = contacts.objects.filter(kind="phone", last4_index=None).order_by("pk")
    last = None
    while True:
        rest = phones.filter(pk__gt=last) if last else phones
        rows = list(rest.only("pk", "kind", "value")[:_PORTION])
        if not rows:
            return
        pairs = [(row.pk, found[0]) for row in rows if (found := field.indexes_of(row))]
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE customers_contactpoint SET last4_index = given.digest "
                "FROM unnest(%s::uuid[], %s::bytea[]) AS given (id, digest) "
                "WHERE customers_contactpoint.id = given.id",
                [[str(pk) for pk, _ in pairs], [digest for _, digest in pairs]],
            )
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_records"),
        ("staff", "0002_roles_and_teams"),
    ]
    operations = [
        migrations.RunPython(forwards, migrations.RunPython.noop),
        migrations.RunPython(index_last4, migrations.RunPython.noop),
    ]
