"""An object permission says until when it opens; those of grants get the grants' end."""

from django.db import migrations, models

_FILL = """
UPDATE customers_customeruserobjectpermission own SET until = (
  SELECT max(given.until) FROM customers_accessgrant given
  WHERE given.user_id = own.user_id AND given.customer_id = own.content_object_id
    AND given.state = 'given' AND (
      code.codename = 'view_customer'
      OR (code.codename = 'see_payment' AND given.scope = 'payment')
      OR (code.codename = 'export_one' AND given.scope = 'export'))
) FROM auth_permission code WHERE code.id = own.permission_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0014_hand_over'),
    ]

    operations = [
        migrations.AddField(
            model_name='customeruserobjectpermission',
            name='until',
            field=models.DateTimeField(blank=True, null=True, verbose_name='until'),
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
    ]
