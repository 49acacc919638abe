"""What is said of backups, in the reader's language."""

from typing import Final

from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.backups import errors
from servicedesk.backups.models import Backup

TONES = {
    "due": "",
    "running": "accent",
    "good": "ok",
    "failed": "bad",
    "removed": "",
    "proven": "ok",
}

_SENTENCES: Final[dict[str, str | Promise]] = {
    errors.FULL: gettext_lazy(
        "There was no room left where the backups go. Nothing of this one was kept; "
        "earlier ones are untouched. Make room, or keep fewer."
    ),
    errors.STORAGE: gettext_lazy(
        "The place of the backups did not answer, or refused. Nothing of this one "
        "was kept. Look whether it is there and may be written to."
    ),
    errors.SHORT: gettext_lazy(
        "What arrived was not what was sent, so it was thrown away. Look at the disk "
        "or the storage."
    ),
    errors.DATABASE: gettext_lazy(
        "The database went away, or refused what a backup needs."
    ),
    errors.HELD: gettext_lazy(
        "A table was held by somebody else for a minute, as an upgrade does. Begin "
        "again when that is over."
    ),
    errors.DUMP: gettext_lazy(
        "pg_dump ended with an error, so nothing of it was kept."
    ),
    errors.NO_PROGRAM: gettext_lazy(
        "There is no pg_dump on the machine of the worker. Install the client "
        "programs of PostgreSQL, or name their folder in POSTGRES_PROGRAMS_DIR."
    ),
    errors.OLD_PROGRAM: gettext_lazy(
        "pg_dump is older than the database and cannot read it. Install the client "
        "programs of the server's version."
    ),
    errors.RECIPIENTS: gettext_lazy("Fewer than two recipients are active."),
    errors.KEYS: gettext_lazy(
        "The keys of the sealed fields cannot be read, and a backup is signed with "
        "one of them."
    ),
    errors.FILES: gettext_lazy("A file that belongs to the backup cannot be read."),
    errors.TRIAL: gettext_lazy(
        "The trial decryption did not give back what was put in, or the private key "
        "for it cannot be read."
    ),
    errors.MANIFEST: gettext_lazy(
        "The manifest is missing, makes no sense, or was changed."
    ),
    errors.SETTINGS: gettext_lazy("The settings of this destination are not complete."),
    errors.LOST: gettext_lazy(
        "The worker was lost in the middle. What it had written was removed."
    ),
    errors.GONE: gettext_lazy(
        "It was good, but it is not there any more, or not as long as it was: "
        "somebody removed or cut it outside of this system."
    ),
    errors.CANCELLED: gettext_lazy("Somebody stopped it. Nothing of it was kept."),
}


def error_of(code: str, detail: str = "") -> str:
    """Return a sentence for what went wrong and what to do; "" where nothing did."""
    if not code:
        return ""
    said = _SENTENCES.get(code) or _(
        "Something unexpected went wrong. The log of the worker says more."
    )
    return f"{said} ({detail})" if detail else str(said)


def step_of(backup: Backup) -> str:
    """Return what a running backup is doing."""
    return {
        "database": _("Reading the database"),
        "files": _("Packing the files"),
        "checking": _("Checking what was written"),
    }.get(backup.step, _("Getting ready"))


def progress_of(backup: Backup) -> str:
    """Return how much has gone through, such as "12 MB"."""
    return str(filesizeformat(backup.done))
