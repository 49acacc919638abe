"""The cache may be away: then nothing is remembered but counts; every page works."""

import json
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, ParamSpec, TypeVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
WARN_EVERY = 60.0  # seconds between two warnings
REST = 2.0  # seconds in which a server that failed is not asked again


class JsonSerializer:
    """Values as JSON: whoever can write into the server cannot run code in ours.

    Whole numbers stay bare, so that the server can count them.
    """

    def dumps(self, value: object) -> int | bytes:
        """Return what the server keeps; TypeError for what JSON does not know."""
        if type(value) is int:
            return value
        return json.dumps(value, separators=(",", ":")).encode()

    def loads(self, data: bytes) -> Any:
        """Return the value; ValueError if another program wrote it."""
        return json.loads(data)


class _Outage:
    """What is known of one server's trouble; all threads of the process share it."""

    def __init__(self) -> None:
        self._rest_until = 0.0
        self._warned_at = -WARN_EVERY

    def resting(self) -> bool:
        return time.monotonic() < self._rest_until

    def note(self, error: Exception) -> None:
        moment = time.monotonic()
        self._rest_until = moment + REST
        if moment - self._warned_at >= WARN_EVERY:
            self._warned_at = moment
            log.warning("The cache could not be reached: %s", type(error).__name__)


_outages: dict[tuple[str, ...], _Outage] = {}
# What counts for limits and for wrong tries to sign in: while the server is away each
# process counts by itself, so that nobody may guess without end.
_COUNTED: Final = ("limit:", "allauth:rl:", "audit:limit")
_counters: Final = LocMemCache("counters", {"OPTIONS": {"MAX_ENTRIES": 20_000}})


class TolerantRedisCache(RedisCache):
    """Django's Redis cache, for which a server that is away is an empty one.

    Reading finds nothing, and `add` succeeds as it would in an empty cache: locks are
    taken. `incr` raises ValueError, as for any missing key. Counters of limits alone go
    on, in this process.
    """

    _servers: list[str]

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        """Begin without a connection."""
        super().__init__(server, params)
        self._outage = _outages.setdefault(tuple(self._servers), _Outage())

    def _or(
        self, otherwise: T, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return self._or_do(lambda: otherwise, act, *args, **kwargs)

    def _or_do(
        self,
        otherwise: Callable[[], T],
        act: Callable[P, T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        if self._outage.resting():
            return otherwise()
        try:
            return act(*args, **kwargs)
        except (RedisError, OSError) as error:
            self._outage.note(error)
            return otherwise()

    def add(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        def here() -> bool:
            return not _is_count(key) or _counters.add(key, value, timeout, version)

        return self._or_do(here, super().add, key, value, timeout, version)

    def get(
        self, key: str, default: Any | None = None, version: int | None = None
    ) -> Any:
        def here() -> Any:
            return _counters.get(key, default, version) if _is_count(key) else default

        try:
            return self._or_do(here, super().get, key, default, version)
        except (json.JSONDecodeError, UnicodeDecodeError):
            return default

    def set(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        def here() -> None:
            if _is_count(key):
                _counters.set(key, value, timeout, version)

        self._or_do(here, super().set, key, value, timeout, version)

    def touch(
        self,
        key: str,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        return self._or(False, super().touch, key, timeout, version)

    def delete(self, key: str, version: int | None = None) -> bool:
        def here() -> bool:
            return _is_count(key) and _counters.delete(key, version)

        return self._or_do(here, super().delete, key, version)

    def get_many(
        self, keys: Iterable[str], version: int | None = None
    ) -> dict[str, Any]:
        try:
            return self._or({}, super().get_many, keys, version)
        except (json.JSONDecodeError, UnicodeDecodeError):
            return {}

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self._or(False, super().has_key, key, version)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        def here() -> int:
            if _is_count(key):
                return int(_counters.incr(key, delta, version))
            raise ValueError(f"Key '{key}' not found.")

        return self._or_do(here, super().incr, key, delta, version)

    def set_many(
        self,
        data: dict[str, Any],
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> list[str]:
        return self._or(list(data), super().set_many, data, timeout, version)

    def delete_many(self, keys: Iterable[str], version: int | None = None) -> None:
        self._or(None, super().delete_many, keys, version)

    def clear(self) -> None:
        _counters.clear()
        self._or(None, super().clear)


def _is_count(key: str) -> bool:
    return key.startswith(_COUNTED)
