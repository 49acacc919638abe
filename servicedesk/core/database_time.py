"""One clock for what is due: the database's, whichever machine a sweep runs on."""

import datetime as dt
import time
from collections.abc import Callable

from django.db import connection


def database_time() -> Callable[[], dt.datetime]:
    """Ask the database for the time once; return a clock that goes on from there.

    Workers on several machines sweep the same rows. A machine whose clock is wrong
    would ask customers too early, or call a promise broken that is not.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (begun,) = cursor.fetchone()
    mark = time.monotonic()

    def now() -> dt.datetime:
        moment: dt.datetime = begun + dt.timedelta(seconds=time.monotonic() - mark)
        return moment

    return now
