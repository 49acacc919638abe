"""Count the queries of a whole request, with its session and its person."""

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext

MOST = 15
MOST_OF_A_QUEUE = 12
_TRANSACTION = re.compile(r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE")
SCRIPT = {"HX-Request": "true", "HX-Target": "conversation"}


def queries_of(ask, *, status=(200,)):
    """Return the statements of one request, but for the transaction's own."""
    with CaptureQueriesContext(connection) as asked:
        response = ask()
    assert response.status_code in status, response.status_code
    return [one["sql"] for one in asked if not _TRANSACTION.match(one["sql"])]


def told(asked):
    """Write statements so that a failing test says which they are."""
    return "\n".join(f"{place:3} {sql[:150]}" for place, sql in enumerate(asked, 1))
