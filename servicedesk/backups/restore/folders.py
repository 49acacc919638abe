"""The folder of attachments: put back beside, renamed into its place, or kept beside."""

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from servicedesk.backups.restore.plan import Plan

_ROOM: Final = ".restore-"


@contextlib.contextmanager
def room_beside(media: Path) -> Iterator[Path]:
    """Give a folder on the disk of the attachments, so that a rename puts them in place."""
    media.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=_ROOM, dir=media.parent))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def left_rooms(plan: Plan) -> list[Path]:
    """Return the attachments that restores which were killed have left beside."""
    inner = plan.source.manifest.roots.get("media", "media")
    found = plan.media.parent.glob(f"{_ROOM}*/{inner}")
    return sorted(path for path in found if path.is_dir())


def restored_media(plan: Plan, room: Path) -> Path:
    """Return where in the room the attachments came back; there may have been none."""
    back = room / plan.source.manifest.roots.get("media", "media")
    back.mkdir(mode=0o700, parents=True, exist_ok=True)
    return back


def swap_folder(place: Path, new: Path, stamp: str) -> Path | None:
    """Let the new folder take its place; where the old one is then, if it held anything.

    Raises OSError, after everything is as it was; if it is not, the error's words say so.
    """
    aside = None
    if place.is_dir() and any(place.iterdir()):
        aside = place.with_name(f"{place.name}.before-{stamp}")
        place.rename(aside)
    elif place.is_dir():
        place.rmdir()
    try:
        new.rename(place)
    except OSError as error:
        if aside is not None:
            _put_back(aside, place, error)
        raise
    return aside


def _put_back(aside: Path, place: Path, why: OSError) -> None:
    try:
        aside.rename(place)
    except OSError as error:
        raise OSError(
            why.errno or errno.EIO,
            f"{why.strerror}; the attachments of before could not be put back "
            f"({error.strerror}). When that is mended: mv {aside} {place}",
        ) from error


def keep_beside(place: Path, new: Path, stamp: str) -> Path | None:
    """Keep what was put back for whoever goes on by hand; None if that fails too."""
    kept = place.with_name(f"{place.name}.restored-{stamp}")
    try:
        return new.rename(kept)
    except OSError:
        return None
