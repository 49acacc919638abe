"""What the database refuses about erasures, the first settings, and who may approve."""

from django.db import migrations

from customers.defaults import create_rights_settings
from customers.roles import ERASURE_PERMISSIONS
from servicedesk.staff.roles import grant

TABLE = "customers_erasureledger"
FORWARDS = f"""
CREATE SEQUENCE rights_number_seq AS bigint START 1;
CREATE FUNCTION erasure_keep() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION 'The ledger of erasures is only ever added to: % is refused.',
    lower(TG_OP) USING ERRCODE = 'restrict_violation';
END
$body$;
CREATE TRIGGER erasure_keep BEFORE UPDATE OR DELETE ON {TABLE}
  FOR EACH ROW EXECUTE FUNCTION erasure_keep();
CREATE TRIGGER erasure_keep_all BEFORE TRUNCATE ON {TABLE}
  FOR EACH STATEMENT EXECUTE FUNCTION erasure_keep();
ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER erasure_keep;
ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER erasure_keep_all;
"""
BACKWARDS = f"""
DROP TRIGGER erasure_keep ON {TABLE};
DROP TRIGGER erasure_keep_all ON {TABLE};
DROP FUNCTION erasure_keep();
DROP SEQUENCE rights_number_seq;
"""


def forwards(apps, schema_editor):
    create_rights_settings(apps)
    grant(apps, ERASURE_PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0010_rights"),
        ("core", "0002_default_calendars"),
        ("staff", "0002_roles_and_teams"),
    ]

    operations = [
        migrations.RunSQL(FORWARDS, BACKWARDS),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
