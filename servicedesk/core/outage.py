"""Tell a server that is away for a moment from a mistake of ours."""

import errno
from collections.abc import Iterator

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import Error, InterfaceError, OperationalError

# Whatever the class: a database that only reads (a standby that was promoted late).
_READ_ONLY = {"25006"}
_SESSION = (SessionInterrupted, UpdateError)
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def reason_of(error: BaseException | None) -> str:
    """Name the outage that an exception tells of, for a log; "" if it tells of none.

    A connection that was refused or cut, too many of them, a lock or a query that
    took too long, a database that takes no writes, a full disk: all of these pass,
    and the same request works when it is sent again. The name holds no value.
    """
    for each in _chain(error):
        code = str(getattr(each, "pgcode", None) or "")
        if isinstance(each, OperationalError | InterfaceError) or code in _READ_ONLY:
            return " ".join(filter(None, [type(each).__name__, code or _code(each)]))
        if isinstance(each, OSError) and each.errno in _NO_ROOM:
            return errno.errorcode[each.errno or 0]
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Give the exception and what caused it.

    A session that cannot be written says that it was ended by somebody else; what
    the database said is behind that.
    """
    while error is not None:
        yield error
        behind = error.__context__ if isinstance(error, _SESSION) else None
        error = error.__cause__ or behind


def _code(error: BaseException) -> str:
    """Return the database's own code, which the driver's exception below carries."""
    if not isinstance(error, Error):
        return ""
    return str(getattr(error.__cause__, "pgcode", None) or "")
