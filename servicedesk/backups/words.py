"""What is said of backups, in the reader's language."""

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

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


def error_of(code: str, detail: str = "") -> str:
    """Return a sentence for what went wrong and what to do; "" where nothing did."""
    if not code:
        return ""
    said = _sentences().get(code) or _(
        "Something unexpected went wrong. The log of the worker says more."
    )
    return f"{said} ({detail})" if detail else said


def _sentences() -> dict[str, str]:
    return {
        errors.FULL: _(
            "There was no room left where the backups go. Nothing of this one was kept; "
            "earlier ones are untouched. Make room, or keep fewer."
        ),
        errors.STORAGE: _(
            "The place of the backups did not answer, or refused. Nothing of this one "
            "was kept. Look whether it is there and may be written to."
        ),
        errors.SHORT: _(
            "What arrived was not what was sent, so it was thrown away. Look at the disk "
            "or the storage."
        ),
        errors.DATABASE: _("The database went away, or refused what a backup needs."),
        errors.DUMP: _("pg_dump ended with an error, so nothing of it was kept."),
        errors.NO_PROGRAM: _(
            "There is no pg_dump on the machine of the worker. Install the client "
            "programs of PostgreSQL, or name their folder in POSTGRES_PROGRAMS_DIR."
        ),
        errors.OLD_PROGRAM: _(
            "pg_dump is older than the database and cannot read it. Install the client "
            "programs of the server's version."
        ),
        errors.RECIPIENTS: _("Fewer than two recipients are active."),
        errors.KEYS: _(
            "The keys of the sealed fields cannot be read, and a backup is signed with "
            "one of them."
        ),
        errors.FILES: _("A file that belongs to the backup cannot be read."),
        errors.TRIAL: _(
            "The trial decryption did not give back what was put in, or the private key "
            "for it cannot be read."
        ),
        errors.MANIFEST: _("The manifest is missing, makes no sense, or was changed."),
        errors.SETTINGS: _("The settings of this destination are not complete."),
        errors.LOST: _(
            "The worker was lost in the middle. What it had written was removed."
        ),
        errors.GONE: _(
            "It was good, but it is not there any more, or not as long as it was: "
            "somebody removed or cut it outside of this system."
        ),
        errors.CANCELLED: _("Somebody stopped it. Nothing of it was kept."),
    }


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
