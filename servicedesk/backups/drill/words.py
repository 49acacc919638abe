"""What a drill found, in plain words; and whether the backup would have saved the company."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.core.restoring import Finding

PROVEN: Final = "proven"


class Saved(enum.StrEnum):
    """Whether this backup would have saved the company."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    UNKNOWN = "unknown"


SAVED_WORDS: Final[dict[Saved, str | Promise]] = {
    Saved.YES: pgettext_lazy("saved the company", "Yes"),
    Saved.PARTLY: pgettext_lazy("saved the company", "In part"),
    Saved.NO: pgettext_lazy("saved the company", "No"),
    Saved.UNKNOWN: pgettext_lazy("saved the company", "Not known"),
}

# How bad a finding is: what it leaves of the answer. What is not named here is as bad
# as can be: a check that says something new is not taken lightly.
_NOTICES: Final = frozenset({"schema_older", "keys_not_proved", "and_more"})
_PARTLY: Final = frozenset(
    {
        "rows_differ",
        "content_differs",
        "table_missing",
        "table_unexpected",
        "sequence_back",
        "sequence_behind",
        "sequence_missing",
        "migrations_differ",
        "values_without_key",
        "values_unreadable",
        "keys_not_saved",
        "audit.broken",
        "tickets.attachment_missing",
        "tickets.attachment_changed",
        "tickets.attachment_empty",
        errors.FILES,
        errors.NO_KEY,
        errors.OTHER_KEY,
        "check_failed",
    }
)
# The order in which one of several findings names the verdict, after what is "no".
_WORST_FIRST: Final = (
    errors.OTHER_KEY,
    errors.NO_KEY,
    "schema_newer",
    "values_without_key",
    "values_unreadable",
    "table_missing",
    "rows_differ",
    "content_differs",
)

SENTENCES: Final[dict[str, str | Promise]] = {
    # --- about the backup as it lies there ---
    errors.NOT_FOUND: gettext_lazy(
        "There is no finished part of this backup: it was never written to its end, or "
        "was removed."
    ),
    errors.NO_MANIFEST: gettext_lazy(
        "The manifest is missing: the backup was broken off before it was whole, or the "
        "manifest was removed. There is: %(detail)s"
    ),
    errors.MANIFEST: gettext_lazy("The manifest cannot be read: %(detail)s"),
    errors.FORGED: gettext_lazy(
        "The manifest was changed after it was signed. Nothing in this backup can be "
        "trusted."
    ),
    errors.FOREIGN: gettext_lazy(
        "The manifest belongs to another backup: %(detail)s. Parts of two backups were "
        "mixed up."
    ),
    errors.PART_MISSING: gettext_lazy("A part is missing: %(detail)s"),
    errors.PART_CUT: gettext_lazy("A part is cut short: %(detail)s"),
    errors.PART_LONG: gettext_lazy("A part is longer than it was: %(detail)s"),
    errors.PART_CHANGED: gettext_lazy(
        "A part is not the one that was written, though as long: %(detail)s. It was "
        "damaged or exchanged."
    ),
    errors.WRONG_IDENTITY: gettext_lazy(
        "The private key that was given does not open this backup: it was made for "
        "others."
    ),
    errors.SHORT: gettext_lazy("A part does not hold what it held: %(detail)s"),
    errors.EMPTY: gettext_lazy("The dump is empty: no table came back."),
    errors.LOAD: gettext_lazy(
        "The database could not be put back from the dump. It broke off at: %(detail)s"
    ),
    errors.FILES: gettext_lazy(
        "The files beside the database did not come back whole: %(detail)s"
    ),
    # --- keys ---
    errors.NO_KEY: gettext_lazy(
        "A key is missing here: %(kind)s-%(version)s.key. What it seals cannot be read "
        "without it."
    ),
    errors.OTHER_KEY: gettext_lazy(
        "%(kind)s-%(version)s.key is another key here than when the backup was made. "
        "What it sealed cannot be read."
    ),
    "values_without_key": gettext_lazy(
        "%(number)s values of %(field)s cannot be read: their key is not here."
    ),
    "values_unreadable": gettext_lazy(
        "%(number)s of the values that were tried cannot be read (%(store)s)."
    ),
    "keys_not_saved": gettext_lazy(
        "No backup of keys holds %(kind)s-%(version)s.key. If the servers are lost, "
        "what it seals is lost with them."
    ),
    "keys_not_proved": gettext_lazy(
        "The backup of keys was not opened for half a year: manage.py keys prove FILE "
        "--identity ONE --identity TWO"
    ),
    # --- what came back ---
    "table_missing": gettext_lazy(
        "The table %(table)s (%(rows)s rows) did not come back."
    ),
    "table_unexpected": gettext_lazy("A table came back that was not there: %(table)s"),
    "rows_differ": gettext_lazy(
        "%(table)s came back with %(rows)s rows instead of %(expected)s."
    ),
    "content_differs": gettext_lazy(
        "Rows of %(table)s have another content than when the backup was made."
    ),
    "sequence_back": gettext_lazy(
        "The counter %(sequence)s came back at %(at)s; it was at %(expected)s."
    ),
    "sequence_behind": gettext_lazy(
        "The counter %(sequence)s is at %(at)s, but %(highest)s is in use: new rows "
        "would be refused."
    ),
    "sequence_missing": gettext_lazy("The counter %(sequence)s did not come back."),
    "migrations_differ": gettext_lazy("%(app)s is not at the migration where it was."),
    "schema_older": gettext_lazy(
        "The backup was made by an older version; %(number)s migrations were applied to "
        "it, as after any upgrade."
    ),
    "schema_newer": gettext_lazy(
        "The backup was made by a newer version of the program. Install that version "
        "to restore it: this one does not know %(migrations)s"
    ),
    "audit.broken": gettext_lazy("The audit log is not as it was sealed: %(said)s"),
    "tickets.attachment_missing": gettext_lazy(
        "Attachments that are not in the backup: %(number)s (the first is %(first)s)."
    ),
    "tickets.attachment_changed": gettext_lazy(
        "Attachments with another content than when they came: %(number)s (the first "
        "is %(first)s)."
    ),
    "tickets.attachment_empty": gettext_lazy(
        "Attachments that are empty in the backup: %(number)s (the first is %(first)s)."
    ),
    "check_failed": gettext_lazy("The check “%(check)s” could not be made: %(why)s"),
    "and_more": gettext_lazy("And %(number)s more of these."),
    # --- the drill itself ---
    errors.STORAGE: gettext_lazy(
        "The place of the backups does not answer: %(detail)s"
    ),
    errors.SETTINGS: gettext_lazy("A setting is not right: %(detail)s"),
    errors.DATABASE: gettext_lazy("The database server refused: %(detail)s"),
    errors.NO_PROGRAM: gettext_lazy("pg_restore was not found on this machine."),
    errors.OLD_PROGRAM: gettext_lazy("pg_restore is older than the server: %(detail)s"),
    errors.SCRATCH_FULL: gettext_lazy(
        "The server for the scratch database has no room left."
    ),
    errors.FULL: gettext_lazy("The disk is full."),
    errors.NO_IDENTITY: gettext_lazy(
        "There is no private key on this machine (BACKUP_IDENTITY_FILE), so it can open "
        "no backup."
    ),
    errors.LIVE: gettext_lazy(
        "Refused: %(detail)s is not a scratch database, or people work with it."
    ),
    errors.INSIDE: gettext_lazy(
        "The restored database could not be looked into: %(detail)s"
    ),
    errors.LOST: gettext_lazy("The drill was broken off: its worker is gone."),
    errors.CANCELLED: gettext_lazy(
        "Somebody stopped this drill, so it says nothing about the backup. What it had "
        "put back was removed."
    ),
    errors.UNEXPECTED: gettext_lazy("An unexpected error: %(detail)s"),
}


def sentence(code: str, data: Mapping[str, Any]) -> str:
    """Say a finding in the reader's language; a code that nobody knows is shown as it is."""
    known = SENTENCES.get(code)
    if known is None:
        return _("Found: %(code)s") % {"code": code}
    return str(known) % _Plain(data)


def data_of(error: BackupError) -> dict[str, Any]:
    """Return what a sentence about an error needs: its detail, or the key it names."""
    if error.code in {errors.NO_KEY, errors.OTHER_KEY}:
        kind, _dash, version = error.detail.removesuffix(".key").partition("-")
        return {"kind": kind, "version": version}
    return {"detail": error.detail} if error.detail else {}


def severity(code: str) -> Saved:
    """Return what a finding leaves of the answer: YES for a mere notice."""
    if code in _NOTICES:
        return Saved.YES
    return Saved.PARTLY if code in _PARTLY else Saved.NO


def saved_by(findings: Iterable[Finding]) -> Saved:
    """Return whether the backup would have saved the company."""
    found = {severity(each.code) for each in findings}
    return next((s for s in (Saved.NO, Saved.PARTLY) if s in found), Saved.YES)


def verdict_of(findings: Sequence[Finding]) -> str:
    """Return the code of the worst finding; "proven" if there is none but notices."""
    codes = [each.code for each in findings if severity(each.code) is not Saved.YES]
    bad = [code for code in codes if severity(code) is Saved.NO]
    if bad:
        return bad[0]
    named = [code for code in _WORST_FIRST if code in codes]
    return (named or codes or [PROVEN])[0]


class _Plain(dict[str, Any]):
    """Numbers and names as text; what is missing is a dash, not an error."""

    def __missing__(self, _key: str) -> str:
        return "–"

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        return ", ".join(map(str, value)) if isinstance(value, list) else value
