"""Files on disk that no message knows: put aside first, forgotten a month later."""

import contextlib
import datetime as dt
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings

from tickets.models import Attachment

FOLDER = "attachments"
ASIDE = "orphans"
OLD_ENOUGH = dt.timedelta(days=1)
KEPT_ASIDE = dt.timedelta(days=30)
NEWEST = 2
"""How many of the newest monthly folders each sweep looks through; of the rest, one."""
_BATCH = 500


def put_orphans_aside(*, now: dt.datetime) -> int:
    """Move the files that no attachment names out of the way; return how many.

    A crash between writing a file and committing its row leaves one, a message that
    was taken back leaves another. Younger files may belong to a request that is not
    committed yet. They are moved and not removed at once: a desk that was pointed at
    the wrong database, or an older one, must not lose its files.
    """
    root = Path(settings.MEDIA_ROOT)
    moved = 0
    for folder in _due_folders(root, now):
        for batch in _batches(folder, before=now - OLD_ENOUGH):
            names = {path.relative_to(root).as_posix(): path for path in batch}
            known = Attachment.objects.filter(file__in=names)
            for name in names.keys() - set(known.values_list("file", flat=True)):
                moved += _move(names[name], root / ASIDE, now)
    return moved


def forget_orphans(*, now: dt.datetime) -> int:
    """Remove what was put aside a month ago; return how many files that were."""
    removed = 0
    for batch in _batches(Path(settings.MEDIA_ROOT) / ASIDE, before=now - KEPT_ASIDE):
        for path in batch:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _due_folders(root: Path, now: dt.datetime) -> list[Path]:
    """Return the newest folders and one of the older, another one each day."""
    months = sorted((root / FOLDER).glob("*/*"), reverse=True)
    older = months[NEWEST:]
    turn = [older[now.toordinal() % len(older)]] if older else []
    return months[:NEWEST] + turn


def _batches(folder: Path, *, before: dt.datetime) -> Iterator[Sequence[Path]]:
    batch: list[Path] = []
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                old = entry.stat(follow_symlinks=False).st_mtime < before.timestamp()
                if old and entry.is_file(follow_symlinks=False):
                    batch.append(Path(entry.path))
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _move(path: Path, target: Path, now: dt.datetime) -> int:
    """Move a file; its time becomes the one since when it lies aside."""
    target.mkdir(mode=0o700, exist_ok=True)
    moment = now.timestamp()
    try:
        os.utime(path, (moment, moment))
        path.rename(target / path.name)
    except FileNotFoundError:
        return 0  # a second sweep was quicker
    return 1
