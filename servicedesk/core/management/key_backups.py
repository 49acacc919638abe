"""The words of `manage.py keys` about the backup of the keys themselves."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.db import DatabaseError

from servicedesk.core.actions.key_backups import record_key_backup, record_key_proof
from servicedesk.core.encryption import escrow
from servicedesk.core.encryption.escrow import Bundle
from servicedesk.core.encryption.keyfiles import KeyFileError, key_files
from servicedesk.core.encryption.keys import reload_keys
from servicedesk.core.encryption.people import read_identities, read_people

Said = Iterator[str]


def add_words(words: Any) -> None:
    """Add them to the command's parser."""
    make = words.add_parser("backup", help="write all keys to a file that two open")
    make.add_argument("out", type=Path, help="the file to write, or a folder for it")
    for group in ("one", "two"):
        make.add_argument(
            f"--group-{group}",
            type=Path,
            required=True,
            help="a file of age recipients, one a line; any one of them is enough",
        )
    outer = words.add_parser("open-outer", help="someone of group two opens theirs")
    outer.add_argument("file", type=Path)
    outer.add_argument("out", type=Path)
    inner = words.add_parser("open-inner", help="then someone of group one theirs")
    recover = words.add_parser("recover", help="both at once, on one machine")
    prove = words.add_parser("prove", help="both open it, and nothing is written")
    for one in (inner, recover, prove):
        one.add_argument("file", type=Path)
    for one in (inner, recover):
        one.add_argument("--into", type=Path, required=True, help="the folder of keys")
    for one in (outer, inner, recover, prove):
        one.add_argument(
            "--identity",
            type=Path,
            action="append",
            required=True,
            help="a file as age-keygen writes it; may be repeated",
        )


def backup(
    *,
    out: Path,
    group_one: Path,
    group_two: Path,
    now: dt.datetime,
    **_options: object,
) -> Said:
    """Write the backup of the keys, and note which it holds."""
    groups = (read_people(group_one), read_people(group_two))
    bundle = escrow.collect(now=now)
    sealed = escrow.seal(bundle, *groups)
    path = out / f"keys-{now:%Y%m%dT%H%M%SZ}.age" if out.is_dir() else out
    escrow.write_new(path, sealed)
    yield f"{path}: {', '.join(bundle.names)}."
    for number, group in zip(("one", "two"), groups, strict=True):
        yield f"Group {number}: any one of {', '.join(each.shown for each in group)}."
    try:
        record_key_backup(
            bundle=bundle,
            name=path.name,
            digest=escrow.digest_of(sealed),
            groups=groups,
            now=now,
        )
    except DatabaseError as error:
        raise KeyFileError(
            "The file is written and good, but the database did not take the note: "
            "the page about keys will say that there is none. Remove the file and make "
            "it again when the database answers."
        ) from error
    yield (
        "Keep it apart from the database's backups, in two places. Then let one of "
        f"each group open it once: manage.py keys prove {path.name} …"
    )


def open_outer(
    *, file: Path, out: Path, identity: list[Path], **_options: object
) -> Said:
    """Take the outer layer off: what is left opens for group one alone."""
    inner = escrow.open_outer(escrow.read_file(file), read_identities(identity))
    escrow.write_new(out, inner)
    yield (
        f"{out}: the outer layer is off. Someone of group one opens it: manage.py keys "
        f"open-inner {out.name} --identity … --into FOLDER; then remove {out.name}."
    )


def open_inner(
    *, file: Path, into: Path, identity: list[Path], **_options: object
) -> Said:
    """Open what group two has opened before, and put the keys back."""
    yield from _put_back(
        escrow.open_inner(escrow.read_file(file), read_identities(identity)), into
    )


def recover(
    *, file: Path, into: Path, identity: list[Path], **_options: object
) -> Said:
    """Open both layers, with an identity of each group, and put the keys back."""
    yield from _put_back(_open_both(escrow.read_file(file), identity), into)


def prove(
    *, file: Path, identity: list[Path], now: dt.datetime, **_options: object
) -> Said:
    """Open both layers in memory, compare with the keys here, note that it works."""
    sealed = escrow.read_file(file)
    bundle = _open_both(sealed, identity)
    yield f"It opens, and holds {', '.join(bundle.names)}, made {bundle.made_at}."
    for each in key_files():
        held = bundle.marks.get(each.kind, {}).get(str(each.version))
        if held is None:
            yield f"! {each.kind}-{each.version}.key is newer than this backup."
        elif held != each.mark:
            raise KeyFileError(
                f"{each.kind}-{each.version}.key is another key here than in the backup."
            )
    if record_key_proof(digest=escrow.digest_of(sealed), now=now) is None:
        yield "! This backup was not made by this desk: the page about keys stays as it is."


def _open_both(sealed: bytes, identity: list[Path]) -> Bundle:
    held = read_identities(identity)
    return escrow.open_inner(escrow.open_outer(sealed, held), held)


def _put_back(bundle: Bundle, into: Path) -> Said:
    new, kept = escrow.put_back(bundle, into)
    reload_keys()
    yield f"{into}: written {', '.join(new) or 'nothing'}; every mark is right."
    if kept:
        yield f"Was there already and stays: {', '.join(kept)}."
    yield (
        "Let the files belong to the service (mode 600), copy them to every machine, "
        "then: manage.py keys verify"
    )


ACTS: dict[str, Callable[..., Said]] = {
    "backup": backup,
    "open-outer": open_outer,
    "open-inner": open_inner,
    "recover": recover,
    "prove": prove,
}
