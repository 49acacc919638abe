"""What the role that this process is may do in the database."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django.db import connection
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from servicedesk.core.security_checks.configuration import grave
from servicedesk.core.security_checks.registry import Found, Said

_RIGHTS: Final = """
SELECT rolsuper, rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls,
  (SELECT count(*) FROM pg_class one JOIN pg_namespace space ON space.oid = relnamespace
   WHERE relkind IN ('r', 'p') AND nspname = 'public'
     AND pg_has_role(current_user, relowner, 'USAGE'))
FROM pg_roles WHERE rolname = current_user
"""
_TODO: Final = _(
    "Let the desk run as a role that owns nothing: docs/operations.md, “Roles in the "
    "database”. On a trial desk the one role does everything."
)

SAID: Final = {
    "superuser": Said(_("The desk runs as a superuser of the database."), _TODO),
    "powerful": Said(_("The desk’s role may make roles or databases."), _TODO),
    "owner": Said(
        ngettext_lazy(
            "The desk’s role owns %(count)d table, and can change and drop it.",
            "The desk’s role owns %(count)d tables, and can change and drop them.",
            "count",
        ),
        _TODO,
    ),
}


def look(_now: dt.datetime) -> Iterator[Found]:
    """Ask the database about the role that asks."""
    with connection.cursor() as cursor:
        cursor.execute(_RIGHTS)
        superuser, powerful, owned = cursor.fetchone()
    if superuser:
        yield Found(grave(), "superuser")
    elif powerful:
        yield Found(grave(), "powerful")
    if owned:
        yield Found(grave(), "owner", owned)
