"""A contact and an order may stand on a second record, beside the first."""

from django.db import migrations, models

_TAKE = "ALTER TABLE {table} ADD CONSTRAINT {new} UNIQUE USING INDEX {new}"
_GIVE = "ALTER TABLE {table} DROP CONSTRAINT {new}"
_END = "ALTER TABLE {table} DROP CONSTRAINT {old}"
_BACK = "ALTER TABLE {table} ADD CONSTRAINT {old} UNIQUE ({columns})"


def _instead(
    model: str, old: str, new: str, columns: list[str]
) -> migrations.SeparateDatabaseAndState:
    """Put the index that was built before in the place of the constraint of until now."""
    words = {
        "table": f"customers_{model}", "old": old, "new": new,
        "columns": ", ".join(columns),
    }  # fmt: skip
    constraint = models.UniqueConstraint(
        name=new, fields=[*columns, "beside"], nulls_distinct=False
    )
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(_TAKE.format(**words), _GIVE.format(**words)),
            migrations.RunSQL(_END.format(**words), _BACK.format(**words)),
        ],
        state_operations=[
            migrations.RemoveConstraint(model, old),
            migrations.AddConstraint(model, constraint),
        ],
    )


class Migration(migrations.Migration):
    dependencies = [("customers", "0025_unique_beside")]
    operations = [
        _instead(
            "contactpoint",
            "one_contact_point_per_value",
            "one_contact_point_per_value_beside",
            ["kind", "value_index"],
        ),
        _instead(
            "purchase",
            "one_purchase_per_order_and_product",
            "one_purchase_per_order_product_beside",
            ["order_number", "product"],
        ),
    ]
