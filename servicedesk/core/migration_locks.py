"""What a migration may not do while people work: read from its SQL.

During an upgrade the old code runs beside the new tables, and everybody waits for
whoever holds a table. A statement is refused that holds a large table for as long as it
is large, or that takes away what the old code still asks for. Large are all tables that
grow with customers and their requests.
"""

import re
from collections.abc import Iterable
from typing import Final

LARGE: Final = (
    *("tickets_", "customers_", "audit_logentry", "core_liveevent"),
    *("core_notification", "django_session", "usersessions_"),
)
_SMALL: Final = {
    *("tickets_category", "tickets_servicelevel", "tickets_servicelevelversion"),
    *("tickets_priorityrule", "customers_retentionrule", "customers_maskrule"),
}
_TABLE: Final = r'(?:IF EXISTS )?(?:ONLY )?"?(?P<table>\w+)"?'
_MADE: Final = re.compile(
    r'CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?"?(\w+)"?', re.IGNORECASE
)
_DEFAULT_DROPPED: Final = re.compile(
    rf'ALTER TABLE {_TABLE} ALTER COLUMN "?(?P<column>\w+)"? DROP DEFAULT',
    re.IGNORECASE,
)
_ADDED: Final = re.compile(
    r'ADD COLUMN "?(?P<column>\w+)"? (?P<rest>.*)', re.IGNORECASE | re.DOTALL
)
_VOLATILE: Final = re.compile(
    r"DEFAULT \(?\w*(random|clock_timestamp|uuid)\w*\(", re.IGNORECASE
)

# Each for tables that are large: what it looks like, and what to do in its place.
_SLOW: Final = (
    (
        rf'CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)(?:IF NOT EXISTS )?"?\w+"? ON {_TABLE}',
        "builds an index while nobody may write: AddIndexConcurrently",
    ),
    (
        rf'ALTER TABLE {_TABLE} ALTER COLUMN "?\w+"? (?:SET DATA )?TYPE ',
        "writes the table anew: a new column, filled in portions",
    ),
    (
        rf'ALTER TABLE {_TABLE} ALTER COLUMN "?\w+"? SET NOT NULL',
        "reads the whole table: a NOT VALID check first, validated apart",
    ),
    (
        rf"ALTER TABLE {_TABLE} ADD CONSTRAINT \S+ (?:CHECK|FOREIGN KEY)(?!.*NOT VALID)",
        "reads the whole table: NOT VALID, and ValidateConstraint in the next migration",
    ),
    (
        rf"ALTER TABLE {_TABLE} ADD CONSTRAINT \S+ (?:UNIQUE|PRIMARY KEY)(?! USING INDEX)",
        "builds an index while nobody may write: CONCURRENTLY, then USING INDEX",
    ),
    (
        rf"(?:UPDATE|DELETE FROM) {_TABLE}(?: |$)",
        "changes many rows at once: a job, in portions",
    ),
    (rf"(?:TRUNCATE(?: TABLE)?|LOCK TABLE|CLUSTER) {_TABLE}", "shuts the table"),
)
# Each for any table: the old code still asks for it.
_GONE: Final = (
    (rf"DROP TABLE {_TABLE}", "is still asked for by the old code: a release later"),
    (
        rf"ALTER TABLE {_TABLE} DROP COLUMN",
        "is still asked for by the old code: a release later",
    ),
    (rf"ALTER TABLE {_TABLE} RENAME", "has another name for the old code"),
)


def dangers(statements: Iterable[str]) -> list[str]:
    """Return what is wrong with the statements of one migration, a sentence each."""
    plain = [_plain(each) for each in statements]
    made = {name for each in plain for name in _MADE.findall(each)}
    dropped = {
        (found["table"], found["column"])
        for each in plain
        for found in _DEFAULT_DROPPED.finditer(each)
    }
    said = []
    for each in plain:
        said += _matches(each, _GONE, made)
        said += _matches(each, _SLOW, made, large_only=True)
        said += _columns(each, made, dropped)
    return said


def is_large(table: str) -> bool:
    """Tell whether a table grows with customers and their requests."""
    return table.startswith(LARGE) and table not in _SMALL


def _plain(statement: str) -> str:
    lines = (line for line in statement.splitlines() if not line.startswith("--"))
    return " ".join(" ".join(lines).split())


def _matches(
    statement: str,
    rules: Iterable[tuple[str, str]],
    made: set[str],
    *,
    large_only: bool = False,
) -> list[str]:
    said = []
    for pattern, why in rules:
        for found in re.finditer(pattern, statement, re.IGNORECASE):
            table = found["table"]
            if table not in made and (is_large(table) or not large_only):
                said.append(f"{table} {why} ({found[0][:80]})")
    return said


def _columns(
    statement: str, made: set[str], dropped: set[tuple[str, str]]
) -> list[str]:
    found = re.match(rf"ALTER TABLE {_TABLE} ", statement, re.IGNORECASE)
    if not found or found["table"] in made:
        return []
    table, said = found["table"], []
    for added in _ADDED.finditer(statement):
        column, rest = added["column"], added["rest"]
        if "NOT NULL" in rest and ("DEFAULT" not in rest or (table, column) in dropped):
            said.append(f"{table}.{column} is not filled by the old code: db_default")
        if _VOLATILE.search(rest) and is_large(table):
            said.append(
                f"{table}.{column} is filled row by row: null first, then a job"
            )
    return said
