"""Whether the database still refuses what it was told to refuse."""

from django.db import connection

from servicedesk.audit.database import (
    BODIES,
    KEEP,
    REST,
    SEALS,
    STAMP,
    TABLE,
    triggers_of,
)
from servicedesk.audit.partitions import existing

_TRIGGERS = """
SELECT c.relname, t.tgname, t.tgenabled::text, p.proname, p.prosrc
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND c.oid = ANY(%s::regclass[])
"""
# What else could keep entries from the log: none of it is ours.
_FOREIGN = """
SELECT relname, 'a rule' FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.oid = ANY(%(tables)s::regclass[])
UNION ALL
SELECT relname, 'security by row' FROM pg_class
WHERE relrowsecurity AND oid = ANY(%(tables)s::regclass[])
UNION ALL
SELECT relname, 'the trigger ' || tgname FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.oid = ANY(%(tables)s::regclass[])
  AND (tgname <> ALL(%(ours)s) OR tgqual IS NOT NULL)
"""


def missing_armour() -> list[str]:
    """Return a sentence for each trigger that is gone, asleep, changed or not ours."""
    tables = [TABLE, REST, SEALS, *(month.table for month in existing())]
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS, [tables])
        found = {(table, name): rest for table, name, *rest in cursor.fetchall()}
        cursor.execute(_FOREIGN, {"tables": tables, "ours": list(triggers_of(TABLE))})
        foreign = cursor.fetchall()
    return [f"{table} has {what} that is none of ours." for table, what in foreign] + [
        sentence
        for table in tables
        for name in triggers_of(table)
        if (sentence := _wrong(table, name, found.get((table, name))))
    ]


def _wrong(table: str, name: str, found: list[str] | None) -> str:
    if found is None:
        return f"The trigger {name} of {table} is missing."
    enabled, function, body = found
    if enabled != "A":
        return f"The trigger {name} of {table} is switched off."
    if function != (STAMP if name == STAMP else KEEP) or body != BODIES[function]:
        return f"The trigger {name} of {table} does something else."
    return ""
