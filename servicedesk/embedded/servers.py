"""The servers of a desk: started for the first who needs them, stopped by the last."""

import os
from types import TracebackType
from typing import Self

from servicedesk.embedded.errors import DeskError
from servicedesk.embedded.folder import DataFolder
from servicedesk.embedded.locks import FileLock
from servicedesk.embedded.place import find_place
from servicedesk.embedded.postgres import Postgres
from servicedesk.embedded.valkey import Valkey

Server = Postgres | Valkey


class Servers:
    """A context in which DATABASE_URL and REDIS_URL can be used.

    Every process that uses the servers shares a lock, which the system frees even
    after kill -9. Whoever leaves and then gets the lock alone was the last, and
    stops them. So no command stops the servers of another.
    """

    def __init__(self, folder: DataFolder, *, ephemeral: bool = False) -> None:
        self.folder = folder
        self.ephemeral = ephemeral
        self.own: list[Server] = []
        self._use = FileLock(folder.run / "servers.use")

    def __enter__(self) -> Self:
        if not self._use.share(60):
            raise DeskError(
                "The servers of this data folder are being stopped. Try again in a "
                "moment."
            )
        try:
            self.own = self._needed()
            for server in self.own:
                server.start()
        except BaseException:
            self.leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    def leave(self) -> bool:
        """Stop the servers unless others use them; True when they are stopped."""
        alone = self._use.take()
        if alone:
            for server in reversed(self.own):
                server.stop()
        self._use.free()
        return alone

    def _needed(self) -> list[Server]:
        kinds: list[type[Postgres | Valkey]] = []
        if not os.environ.get("DATABASE_URL"):
            kinds.append(Postgres)
        if not os.environ.get("REDIS_URL"):
            kinds.append(Valkey)
        if not kinds:
            return []
        place = find_place(self.folder)
        return [kind(self.folder, place, ephemeral=self.ephemeral) for kind in kinds]

    def stop_orphans(self) -> bool:
        """Stop servers that nobody uses; False when somebody does."""
        if self.folder.recall("postgres_port") or self.folder.recall("valkey_port"):
            self.own = self._needed()
        return self.leave()

    def addresses(self) -> dict[str, str]:
        """Return the environment variables that name the servers."""
        names = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
        return {names[server.name]: server.url for server in self.own}
