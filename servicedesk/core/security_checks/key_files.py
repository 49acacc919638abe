"""The keys of sealed values: how old, who else can read them, what is left over."""

import datetime as dt
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from servicedesk.core.encryption.errors import KeyMissing
from servicedesk.core.encryption.keyfiles import RETIRED, key_files, name_of
from servicedesk.core.encryption.keys import keys_folder
from servicedesk.core.models import KeyCount, Level
from servicedesk.core.security_checks.configuration import is_local
from servicedesk.core.security_checks.registry import Found, Said

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

SAID: Final = {
    "unfit": Said(
        _("The folder of keys is not as it should be, or cannot be read."),
        _("Bring the keys back from their own backup, before anything restarts."),
    ),
    "exposed": Said(
        ngettext_lazy(
            "%(count)d file of a key can be read by others on the machine: %(names)s.",
            "%(count)d files of keys can be read by others on the machine: %(names)s.",
            "count",
        ),
        _("Make each readable for its owner alone: chmod 400 and the file's name."),
    ),
    "old": Said(
        ngettext_lazy(
            "%(count)d key that is written is older than %(days)d days: %(names)s.",
            "%(count)d keys that are written are older than %(days)d days: %(names)s.",
            "count",
        ),
        _("Make a new one, use it, and encrypt anew: manage.py keys make."),
    ),
    "old_secrets": Said(
        ngettext_lazy(
            "%(count)d secret is older than %(days)d days: %(names)s.",
            "%(count)d secrets are older than %(days)d days: %(names)s.",
            "count",
        ),
        _("Replace them one by one: docs/operations.md, “Another secret”."),
    ),
    "undated": Said(
        ngettext_lazy(
            "%(count)d secret stands in a variable and has no date: %(names)s.",
            "%(count)d secrets stand in variables and have no date: %(names)s.",
            "count",
        ),
        _("Put each into a file of its own, and name that in <NAME>_FILE."),
    ),
    "behind": Said(
        ngettext_lazy(
            "%(count)d value is still under a key that is no longer written.",
            "%(count)d values are still under a key that is no longer written.",
            "count",
        ),
        _("Start “Encrypt anew” and “Index anew” on the page about keys."),
    ),
    "retired": Said(
        ngettext_lazy(
            "%(count)d retired key still lies in the folder of keys.",
            "%(count)d retired keys still lie in the folder of keys.",
            "count",
        ),
        _(
            "Backups from before need them: move them to the safe of the keys, and "
            "destroy them when the last such backup is gone."
        ),
    ),
}


def look(now: dt.datetime) -> Iterator[Found]:
    """Look at the files of this machine, and at the newest count."""
    try:
        files = key_files()
        folder = keys_folder()
    except (KeyMissing, OSError):
        yield Found(Level.BAD, "unfit")
        return
    exposed = sorted(p.name for p in folder.glob("*.key*") if _open_to_others(p))
    if exposed:
        yield Found(Level.BAD, "exposed", len(exposed), {"names": exposed})
    names = [name_of(each.kind, each.version) for each in files if each.primary]
    names += _newest_seal()
    days = settings.KEY_DAYS
    old = [name for name in names if _age(folder / name, now) > days]
    if old:
        yield Found(Level.WARN, "old", len(old), {"names": old, "days": days})
    yield from _look_at_secrets(now)
    written = {kind: str(each.version) for each in files if each.primary
               for kind in [each.kind]}  # fmt: skip
    if left := _left_behind(written):
        yield Found(Level.NOTE, "behind", left)
    if retired := len(list(folder.glob(f"*{RETIRED}"))):
        yield Found(Level.NOTE, "retired", retired)


def _look_at_secrets(now: dt.datetime) -> Iterator[Found]:
    """Look how old the passwords of servers and what signs are: files tell, others not."""
    days = settings.KEY_DAYS
    dated = settings.SECRET_FILES
    old = sorted(name for name, path in dated.items() if _age(path, now) > days)
    if old:
        yield Found(Level.WARN, "old_secrets", len(old), {"names": old, "days": days})
    undated = settings.SECRETS_WITHOUT_DATE
    if undated and not is_local():
        yield Found(Level.NOTE, "undated", len(undated), {"names": undated})


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & _OTHERS)


def _age(path: Path, now: dt.datetime) -> int:
    """Return the days since the file was written; copying it anew makes it young."""
    try:
        written = path.stat().st_mtime
    except OSError:
        return 0
    return int((now.timestamp() - written) // 86_400)


def _newest_seal() -> list[str]:
    found = Path(settings.AUDIT_SEAL_KEYS_DIR).glob("seal-*.key")
    numbers = [path.name[5:-4] for path in found]
    known = [int(each) for each in numbers if each.isdecimal()]
    return [f"seal-{max(known)}.key"] if known else []


def _left_behind(written: dict[str, str]) -> int:
    count = KeyCount.objects.order_by("-at").first()
    if count is None:
        return 0
    held = {"field": count.fields, "index": count.indexes}
    return sum(
        number
        for kind, found in held.items()
        for by_version in found.values()
        for version, number in by_version.items()
        if version not in {"0", written.get(kind)}
    )
