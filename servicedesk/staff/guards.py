"""What the database itself does for clearance: SQL for the migration and for tests.

The rule stands here once. What is signed, published or recorded is only ever added to.
"""

from typing import Final

AGREEMENT: Final = "staff_confidentialityagreement"
SIGNATURE: Final = "staff_agreementsignature"
RECORD: Final = "staff_trainingrecord"

LACKS: Final = f"""
CREATE OR REPLACE FUNCTION staff_lacks(
  person bigint, moment timestamptz DEFAULT statement_timestamp()
) RETURNS varchar[] LANGUAGE sql STABLE PARALLEL SAFE AS $body$
  SELECT array_remove(ARRAY[
    CASE WHEN NOT EXISTS (
      SELECT FROM {SIGNATURE} own JOIN {AGREEMENT} text ON text.id = own.agreement_id
      WHERE own.user_id = person AND text.number >= (
        SELECT max(number) FROM {AGREEMENT} WHERE effective_from <= moment)
    ) THEN 'agreement' END,
    CASE WHEN NOT EXISTS (
      SELECT FROM staff_clearance WHERE user_id = person AND onboarded_at IS NOT NULL
    ) THEN 'onboarding' END,
    CASE WHEN NOT EXISTS (
      SELECT FROM staff_clearance WHERE user_id = person AND training_until > moment
    ) THEN 'training' END
  ]::varchar[], NULL)
$body$;
CREATE OR REPLACE FUNCTION staff_cleared(person bigint) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $body$
  SELECT staff_lacks(person) = '{{}}'
$body$;
"""  # noqa: S608  # names of our own

KEEP: Final = """
CREATE FUNCTION staff_keep() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION 'What was signed, published or recorded stays: % of % is refused.',
    lower(TG_OP), TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$body$;
CREATE FUNCTION staff_sign() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF NOT EXISTS (SELECT FROM staff_confidentialityagreement
                 WHERE id = NEW.agreement_id AND published_at IS NOT NULL) THEN
    RAISE EXCEPTION 'A draft cannot be signed.' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$body$;
"""


def _guard(table: str, *, published: bool = False) -> str:
    when = "WHEN (OLD.published_at IS NOT NULL)" if published else ""
    return f"""
CREATE TRIGGER staff_keep BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW {when} EXECUTE FUNCTION staff_keep();
CREATE TRIGGER staff_keep_all BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION staff_keep();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER staff_keep;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER staff_keep_all;
"""


GUARDS: Final = (
    _guard(AGREEMENT, published=True)
    + _guard(SIGNATURE)
    + _guard(RECORD)
    + f"""
CREATE TRIGGER staff_sign BEFORE INSERT ON {SIGNATURE}
  FOR EACH ROW EXECUTE FUNCTION staff_sign();
ALTER TABLE {SIGNATURE} ENABLE ALWAYS TRIGGER staff_sign;
"""
)
UNGUARD: Final = """
DROP FUNCTION staff_keep() CASCADE;
DROP FUNCTION staff_sign() CASCADE;
DROP FUNCTION staff_cleared(bigint);
DROP FUNCTION staff_lacks(bigint, timestamptz);
"""
