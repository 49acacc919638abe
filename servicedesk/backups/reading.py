"""Read a backup back: its manifest, and each part as a clear stream."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from servicedesk.backups import errors
from servicedesk.backups.errors import BackupError
from servicedesk.backups.manifest import LONGEST, MANIFEST, Manifest, unpack
from servicedesk.backups.sealed import Part, unseal
from servicedesk.backups.storages import Storage


def read_manifest(storage: Storage, name: str) -> Manifest:
    """Return the manifest of a backup; its signature has been checked.

    Raises BackupError(MANIFEST) if there is none, it makes no sense, or was changed.
    """
    return unpack(read_manifest_bytes(storage, name), name=name)


def read_manifest_bytes(storage: Storage, name: str) -> bytes:
    """Return the manifest as it lies there, whatever it says."""
    with storage.open(f"{name}/{MANIFEST}") as file:
        data = b""
        while len(data) <= LONGEST and (more := file.read(LONGEST + 1 - len(data))):
            data += more
    if len(data) > LONGEST:
        raise BackupError(errors.MANIFEST, "it is too long")
    return data


@contextlib.contextmanager
def opened(
    *,
    storage: Storage,
    backup: str,
    part: Part,
    identities: Sequence[str],
    seen: Callable[[int], object] | None = None,
) -> Iterator[BinaryIO]:
    """Give a part's clear text as the reading end of a pipe, for a program or a reader.

    When the block ends well, all of it has been read and was what the manifest says;
    otherwise it raises. So use what came of the stream only after the block. Who closes
    the stream early is told BackupError(SHORT). `seen` is told of each sealed piece's
    length, in another thread; what it raises ends the stream and is raised here.
    """
    reading, writing = os.pipe()
    worker = _Opener(storage, f"{backup}/{part.name}", part, identities, writing, seen)
    with open(reading, "rb", buffering=0) as stream:  # noqa: PTH123 - a descriptor
        worker.start()
        try:
            yield stream
            while not stream.closed and stream.read(1024 * 1024):
                pass  # a tar may end before its padding does
        finally:
            stream.close()
            worker.join()
    if worker.error is not None:
        raise worker.error


class _Opener(threading.Thread):
    """Opens the part in a thread of its own, and keeps what went wrong."""

    def __init__(
        self,
        storage: Storage,
        name: str,
        part: Part,
        identities: Sequence[str],
        writing: int,
        seen: Callable[[int], object] | None,
    ) -> None:
        super().__init__(daemon=True)
        self._storage, self._name, self._part = storage, name, part
        self._identities, self._writing, self._seen = identities, writing, seen
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with (
                open(self._writing, "wb") as sink,  # noqa: PTH123 - a descriptor
                self._storage.open(self._name) as source,
            ):
                self._unseal(source, sink)
        except BrokenPipeError:
            self.error = BackupError(
                errors.SHORT, f"{self._name} was not read to its end"
            )
        except BaseException as error:  # noqa: BLE001 - told to whoever reads
            self.error = error

    def _unseal(self, source: Any, sink: BinaryIO) -> None:
        unseal(
            part=self._part,
            source=source,
            sink=sink,
            identities=self._identities,
            seen=self._seen,
        )
