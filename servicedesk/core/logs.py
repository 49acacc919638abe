"""Logs without what customers gave: no secret addresses, no values of rows."""

import datetime as dt
import logging
import re
from types import TracebackType
from typing import Any

import psycopg2
from django.db import DataError, IntegrityError

_LEFT_OUT = "(left out)"
# What PostgreSQL adds to an error quotes the row, whose values have lines of their own;
# the first line may quote a value. Celery writes an error as Python does: \n for a line.
_QUOTED = re.compile(
    r"(?:(?<=\n)|(?<=\\n)|\A)(DETAIL|CONTEXT|STATEMENT|LINE \d+): .*?"
    r"(?=(?:\n|\\n)(?:HINT|CONTEXT|QUERY|STATEMENT|LOCATION): |\n\nThe above exception"
    r"|\n\nDuring handling|\nTraceback |\Z)",
    re.DOTALL,
)
# Up to where the error's next part begins, not to the next quote: a value may hold one.
_INPUT = re.compile(
    r"((?:invalid input \w+(?: \w+)* for [^:\n]*|syntax error in \w+): )\".*?"
    r"(?=(?:\n|\\n)(?:LINE \d+|DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LOCATION): "
    r"|\n\nThe above exception|\n\nDuring handling|\nTraceback |\Z)",
    re.DOTALL,
)
# What people can be reached by: code that puts it into an error is wrong, and is not
# to leave it in the log. Not within longer numbers, which are ids.
_REACHED_BY = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w-])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![\w-])"
)
# What is wrong with a value or a row: their messages quote it, in parts or as a whole.
_OF_VALUES = (DataError, psycopg2.DataError)
_OF_ROWS = (IntegrityError, psycopg2.IntegrityError)

Error = (
    tuple[type[BaseException], BaseException, TracebackType | None]
    | tuple[None, None, None]
)


class DiscreetFormatter(logging.Formatter):
    """The usual lines, in UTC; in errors of the database no values of rows."""

    def formatTime(  # noqa: N802 - the library's name
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """Return when it was, with the zone, so that logs of several machines agree."""
        del datefmt
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        return moment.isoformat(timespec="milliseconds")

    def formatException(self, ei: Error) -> str:  # noqa: N802 - the library's name
        """Return the traceback as text."""
        return _discreet(_shortened(super().formatException(ei), ei[1]))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - likewise
        """Return the line itself, in which an error may have been put as a value."""
        error = record.exc_info[1] if record.exc_info else None
        return _discreet(_shortened(super().formatMessage(record), error))


def _discreet(text: str) -> str:
    """Leave out by their shape what is known only as text."""
    text = _INPUT.sub(rf"\1{_LEFT_OUT}", _QUOTED.sub(rf"\1: {_LEFT_OUT}", text))
    return _REACHED_BY.sub(_LEFT_OUT, text)


def _shortened(text: str, error: BaseException | None) -> str:
    """Shorten the messages of an error and of what led to it, whatever they quote.

    A value may look like the end of a message; where the error itself is at hand,
    nobody has to guess where it ends.
    """
    seen = set[int]()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        waiting += [each.__cause__, each.__context__]
        said = str(each)
        if isinstance(each, _OF_VALUES + _OF_ROWS) and said:
            short = _first_words(each, said)
            for found in (said, repr(said)[1:-1]):
                text = text.replace(found, short)
    return text


def _first_words(error: BaseException, said: str) -> str:
    words = said.partition("\n")[0]
    if isinstance(error, _OF_VALUES):
        words = words.partition('"')[0]
    return words if words == said else f"{words.rstrip()} {_LEFT_OUT}"


class NamesForPaths(logging.Filter):
    """Write the name of the address where Django writes the path of a request.

    The path of a customer's page is a secret that opens it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, with another word for the path."""
        request = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            found = getattr(request, "resolver_match", None)
            name = found.view_name if found else "an address that is none"
            record.args = tuple(_named(arg, path, name) for arg in record.args)
        return True


def _named(arg: Any, path: str, name: str) -> Any:
    return arg.replace(path, name) if isinstance(arg, str) else arg
