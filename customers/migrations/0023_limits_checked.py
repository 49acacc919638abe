"""The conditions on changes of the limits hold for those of before as well."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0022_masks_by_two")]
    operations = [
        ValidateConstraint(
            model_name="limitschange", name="limitschange_state_known"
        ),
        ValidateConstraint(
            model_name="limitschange", name="limitschange_raises_by_two"
        ),
    ]
