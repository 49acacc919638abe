"""The indexes by which a value is one record's, or stands beside it once for another."""

from django.db import migrations

CONTACT = "one_contact_point_per_value_beside"
ORDER = "one_purchase_per_order_product_beside"
_MAKE = """
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({columns})
NULLS NOT DISTINCT
"""
_DROP = "DROP INDEX CONCURRENTLY IF EXISTS {name}"


def _index(name: str, table: str, columns: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        _MAKE.format(name=name, table=table, columns=columns), _DROP.format(name=name)
    )


class Migration(migrations.Migration):
    # An index is built CONCURRENTLY in no transaction; begun again it does no harm.
    atomic = False
    dependencies = [("customers", "0024_possible_doubles")]
    operations = [
        _index(CONTACT, "customers_contactpoint", "kind, value_index, beside"),
        _index(ORDER, "customers_purchase", "order_number, product, beside"),
    ]
