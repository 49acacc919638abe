"""What the role that the desk runs as may do in the database: nothing that changes tables.

Given anew at the end of each `migrate`, which runs as the owner of the tables, where
DATABASE_RUNNING_ROLE names another role than that.
"""

from typing import Any, Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models.signals import post_migrate
from psycopg2 import sql

from servicedesk.audit.database import DROP_MONTH, MAKE_MONTH, REST, SEALS, TABLE
from servicedesk.audit.partitions import existing

# What came before our own log; nothing is written there any more.
_OLD_LOG: Final = "auditlog_logentry"
_MIGRATIONS: Final = "django_migrations"
_ALL: Final = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
GRANT EXECUTE ON FUNCTION {make}(date), {drop}(date) TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {role};
"""
# The default is for the months that are made later: a backup reads each by its name.
# MAINTAIN is for locking the table while its database moves to another cluster.
_LOG: Final = """
REVOKE ALL ON {read}, {log} FROM {role};
GRANT SELECT ON {read} TO {role};
GRANT SELECT, INSERT ON {log} TO {role};
GRANT MAINTAIN ON {table} TO {role};
"""


def connect(sender: object) -> None:
    """Have `migrate` end with giving the rights; once, after the app `sender`."""
    post_migrate.connect(_after, sender=sender, dispatch_uid="audit.rights")


def _after(*, using: str, **_kwargs: Any) -> None:
    if settings.DATABASE_RUNNING_ROLE and using == DEFAULT_DB_ALIAS:
        give(role=settings.DATABASE_RUNNING_ROLE)


@transaction.atomic
def give(*, role: str) -> None:
    """Let the role read and write all rows, but of the audit log only read and add.

    Its entries go in by the whole table: the parts are only read. An owner that runs the
    desk itself keeps what it has.
    """
    if _me() == role:
        return
    parts = [REST, *(month.table for month in existing())]
    names = {
        "role": sql.Identifier(role),
        "make": sql.Identifier(MAKE_MONTH),
        "drop": sql.Identifier(DROP_MONTH),
        "table": sql.Identifier(TABLE),
        "log": _listed(TABLE, SEALS),
        "read": _listed(_OLD_LOG, _MIGRATIONS, *parts),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(_ALL + _LOG).format(**names))


def _me() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


def _listed(*tables: str) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, tables))
