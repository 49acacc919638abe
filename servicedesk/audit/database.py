"""What the database itself does for the log: SQL for the migration and for checks."""

from typing import Final

TABLE: Final = "audit_logentry"
SEALS: Final = "audit_seal"
REST: Final = f"{TABLE}_rest"

STAMP: Final = "audit_stamp"
KEEP: Final = "audit_keep"
KEEP_ALL: Final = "audit_keep_all"

# What a row's digest is taken of, in this order, each as text that no setting of a
# session changes. `{0}` is the row.
PARTS: Final = (
    "{0}.id::text",
    "(extract(epoch from {0}.timestamp) * 1000000)::bigint::text",
    "{0}.action::text",
    "{0}.content_type_id::text",
    "{0}.object_pk",
    "{0}.object_id::text",
    "{0}.object_repr",
    "{0}.changes::text",
    "{0}.actor_id::text",
    "{0}.actor_email",
    "{0}.cid",
    "host({0}.remote_addr)",
    "{0}.remote_port::text",
    "{0}.additional_data::text",
    "{0}.source",
    "{0}.xid::text",
)


def digest_of(row: str) -> str:
    """Return the SQL that takes a row's digest: each part with its length in front."""
    parts = [part.format(row) for part in PARTS]
    whole = " || ".join(
        f"coalesce(octet_length({part}) || ':' || {part}, '-') || ','" for part in parts
    )
    return f"sha256(convert_to({whole}, 'UTF8'))"


STAMP_BODY: Final = f"""
BEGIN
  NEW.xid := pg_current_xact_id()::text::bigint;
  NEW.digest := {digest_of("NEW")};
  RETURN NEW;
END
"""
KEEP_BODY: Final = """
BEGIN
  RAISE EXCEPTION 'The audit log is only ever added to: % of % is refused.',
    lower(TG_OP), TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
"""
BODIES: Final = {STAMP: STAMP_BODY, KEEP: KEEP_BODY}

FUNCTIONS: Final = "".join(
    f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body${body}$body$;"
    for name, body in BODIES.items()
)

CREATE: Final = f"""
CREATE SEQUENCE {TABLE}_id_seq AS bigint;
CREATE TABLE {TABLE} (
  id bigint NOT NULL DEFAULT nextval('{TABLE}_id_seq'),
  timestamp timestamptz NOT NULL,
  action smallint NOT NULL CHECK (action >= 0),
  content_type_id integer,
  object_pk varchar(255) NOT NULL,
  object_id bigint,
  object_repr text NOT NULL,
  changes jsonb,
  actor_id bigint REFERENCES staff_user (id) DEFERRABLE INITIALLY DEFERRED,
  actor_email varchar(254),
  cid varchar(255),
  remote_addr inet,
  remote_port integer CHECK (remote_port >= 0),
  additional_data jsonb,
  source varchar(120) NOT NULL,
  xid bigint NOT NULL,
  digest bytea NOT NULL,
  PRIMARY KEY (id, timestamp)
) PARTITION BY RANGE (timestamp);
ALTER SEQUENCE {TABLE}_id_seq OWNED BY {TABLE}.id;
CREATE INDEX audit_entry_xid ON {TABLE} (xid);
CREATE INDEX audit_entry_when ON {TABLE} (timestamp, id);
CREATE INDEX audit_entry_who ON {TABLE} (actor_id, timestamp);
CREATE INDEX audit_entry_object ON {TABLE} (content_type_id, object_pk, timestamp);
CREATE INDEX audit_entry_type ON {TABLE} (content_type_id, timestamp);
CREATE INDEX audit_entry_rare ON {TABLE} (action, timestamp) WHERE action >= 2;
CREATE INDEX audit_entry_address ON {TABLE} (remote_addr, timestamp);
CREATE INDEX audit_entry_cid ON {TABLE} (cid);
CREATE TABLE {REST} PARTITION OF {TABLE} DEFAULT;
"""

# The rows of django-auditlog's own table. Their transactions are not known any more:
# they get small numbers, in lots, so that one seal need not take them all.
# Locked, because the desk of before may still run: what it adds between the copy and the
# deletion would be gone.
CARRY_OVER: Final = f"""
LOCK TABLE auditlog_logentry IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO {TABLE}
SELECT
  e.id, e.timestamp, e.action, e.content_type_id, e.object_pk, e.object_id,
  e.object_repr, e.changes, e.actor_id, e.actor_email, e.cid, e.remote_addr,
  e.remote_port, e.additional_data, e.source, e.xid, {digest_of("e")}
FROM (
  SELECT *, '' AS source, least(
    3 + row_number() OVER (ORDER BY id) / 20000,
    pg_current_xact_id()::text::bigint
  ) AS xid FROM auditlog_logentry
) e ORDER BY e.id;
SELECT setval('{TABLE}_id_seq', coalesce((SELECT max(id) FROM {TABLE}), 0) + 1, false);
DELETE FROM auditlog_logentry;
"""  # noqa: S608 - nothing in it comes from outside

ROW_TRIGGERS: Final = f"""
CREATE TRIGGER {STAMP} BEFORE INSERT ON {TABLE}
  FOR EACH ROW EXECUTE FUNCTION {STAMP}();
CREATE TRIGGER {KEEP} BEFORE UPDATE OR DELETE ON {TABLE}
  FOR EACH ROW EXECUTE FUNCTION {KEEP}();
CREATE TRIGGER {KEEP} BEFORE UPDATE OR DELETE ON {SEALS}
  FOR EACH ROW EXECUTE FUNCTION {KEEP}();
"""


def guard(table: str) -> str:
    """Return the SQL that arms one table or partition after its rows' triggers.

    TRUNCATE is refused by a trigger of each table's own, and no session may ask to be
    treated as a replica to get past them.
    """
    always = "".join(
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};"
        for name in triggers_of(table)
    )
    return f"""
CREATE TRIGGER {KEEP_ALL} BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION {KEEP}();
{always}
"""


def triggers_of(table: str) -> tuple[str, ...]:
    """Return the names of the triggers that a table must have."""
    return (KEEP, KEEP_ALL) if table == SEALS else (STAMP, KEEP, KEEP_ALL)


# The months are made and dropped by functions of the tables' owner, so that the role
# that the desk runs as need not own them. `wanted` is any day of the month.
MAKE_MONTH: Final = "audit_make_month"
DROP_MONTH: Final = "audit_drop_month"
KEPT_AT_LEAST: Final = "6 months"
_PART: Final = f'to_char(wanted, \'"{TABLE}_y"YYYY"m"MM\')'
_DEFINER: Final = "SECURITY DEFINER SET search_path = public, pg_temp"

_MAKE_BODY: Final = f"""
DECLARE
  part text := {_PART};
  begins timestamptz := date_trunc('month', wanted::timestamp) AT TIME ZONE 'UTC';
  ends timestamptz :=
    (date_trunc('month', wanted::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
  inside text := format('timestamp >= %L AND timestamp < %L', begins, ends);
  stray boolean;
  armed text;
BEGIN
  SELECT EXISTS (SELECT FROM {REST} WHERE timestamp >= begins AND timestamp < ends)
    INTO stray;
  EXECUTE format(
    'CREATE TABLE %I (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
  IF stray THEN
    -- The rows stay as they are, to the letter: their triggers rest for a moment.
    SET CONSTRAINTS ALL IMMEDIATE;
    LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE {REST} DISABLE TRIGGER USER;
    EXECUTE format('WITH moved AS (DELETE FROM {REST} WHERE %s RETURNING *)'
      ' INSERT INTO %I SELECT * FROM moved', inside, part);
  END IF;
  EXECUTE format('ALTER TABLE %I ADD CHECK (%s)', part, inside);
  EXECUTE format('ALTER TABLE {TABLE} ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    part, begins, ends);
  EXECUTE format('CREATE TRIGGER {KEEP_ALL} BEFORE TRUNCATE ON %I'
    ' FOR EACH STATEMENT EXECUTE FUNCTION {KEEP}()', part);
  FOREACH armed IN ARRAY ARRAY['{STAMP}', '{KEEP}', '{KEEP_ALL}'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', part, armed);
    IF stray THEN
      EXECUTE format('ALTER TABLE {REST} ENABLE ALWAYS TRIGGER %I', armed);
    END IF;
  END LOOP;
END
"""  # noqa: S608 - nothing in it comes from outside
# What a thief of the running role's password could ask for is the oldest months only.
_DROP_BODY: Final = f"""
BEGIN
  IF session_user <> current_user AND wanted >=
     date_trunc('month', now() AT TIME ZONE 'UTC') - interval '{KEPT_AT_LEAST}' THEN
    RAISE EXCEPTION 'The audit log is kept at least {KEPT_AT_LEAST}.'
      USING ERRCODE = 'restrict_violation';
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS %I', {_PART});
END
"""
MONTHS: Final = "".join(
    f"CREATE OR REPLACE FUNCTION {name}(wanted date) RETURNS void LANGUAGE plpgsql"
    f" {_DEFINER} AS $body${body}$body$;"
    f"REVOKE ALL ON FUNCTION {name}(date) FROM PUBLIC;"
    for name, body in ((MAKE_MONTH, _MAKE_BODY), (DROP_MONTH, _DROP_BODY))
)
