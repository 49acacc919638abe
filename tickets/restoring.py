"""After a restore: are all attachments there, and what becomes of letters that waited."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from django.db import connection

from servicedesk.core.restoring import (
    Finding,
    Restored,
    register_restore_check,
    register_restore_step,
)
from tickets.actions.letters import hold_letters

EACH: Final = 1000
_HELD: Final = """
CREATE TEMPORARY TABLE held_files (name text PRIMARY KEY, size bigint, sha256 text)
ON COMMIT DROP
"""
_PUT: Final = """
INSERT INTO held_files SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[])
ON CONFLICT DO NOTHING
"""
_WRONG: Final = """
SELECT CASE
    WHEN h.name IS NULL THEN 'tickets.attachment_missing'
    WHEN h.size = 0 AND a.size > 0 THEN 'tickets.attachment_empty'
    ELSE 'tickets.attachment_changed'
  END AS code, count(*), min(a.id::text)
FROM tickets_attachment a LEFT JOIN held_files h ON h.name = %s || '/' || a.file
WHERE a.file <> '' AND (h.name IS NULL OR h.size <> a.size OR h.sha256 <> a.sha256)
GROUP BY 1 ORDER BY 1
"""


def register() -> None:
    """Register it; from `ready()`."""
    register_restore_check("tickets.attachments", check_attachments)
    register_restore_step("tickets.letters", hold)


def check_attachments(restored: Restored) -> list[Finding]:
    """Compare every attachment's row with the file that came back."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD)
        for lot in _lots(restored.files()):
            names, sizes, digests = zip(*lot, strict=True)
            cursor.execute(_PUT, [list(names), list(sizes), list(digests)])
        cursor.execute(_WRONG, [restored.roots["media"]])
        return [
            Finding(code, {"number": number, "first": first})
            for code, number, first in cursor.fetchall()
        ]


def hold(restored: Restored) -> Mapping[str, Any]:
    """Hold the letters that were waiting: since the backup they may have gone out."""
    return {"held": hold_letters(why=restored.held_because, now=restored.now)}


def _lots(
    files: Iterable[tuple[str, int, str]],
) -> Iterator[list[tuple[str, int, str]]]:
    each = iter(files)
    while lot := list(islice(each, EACH)):
        yield lot
