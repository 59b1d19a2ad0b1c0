"""Counters of the limits: of all processes of a server together, or in Redis of several servers."""

from __future__ import annotations

import fcntl
import logging
import mmap
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from ser.errors import ConfigError

if TYPE_CHECKING:
    from limits.storage import RedisStorage

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

# A place: a hash of the counter's name, its value, and when it ends. That is by the clock since the start of
# the machine, which all processes share: the clock of the day may be set anew meanwhile.
_PLACE = struct.Struct("16sqd")
_PLACES = 65_536
# A counter is in one of so many places in a row; the one that ends first makes room.
_NEAR = 8
# How long Redis may take to connect, and to answer.
_REDIS_S = 0.5
# How long it is left alone after a fault: so a request does not wait for it each time.
_PAUSE_S = 5.0
_LOGGED_EVERY_S = 60.0


class SharedCounters:
    """Counters that end after a time. Make them before the fork: the processes then share them.

    They take 2 MB at most, however many clients there are. With more clients than places, those whose time is
    nearly over are forgotten first.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _PLACES * _PLACE.size)
        # The kernel releases a lock on it when a process dies.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._lock = Lock()

    def add(self, name: str, amount: int, lasts_s: float) -> int:
        """Add to a counter, which begins now if there is none, and return its value."""
        now_s = time.monotonic()
        with self._locked():
            at, value, ends_s = self._find(name, now_s)
            if ends_s <= now_s:
                value, ends_s = 0, now_s + lasts_s
            _PLACE.pack_into(self._memory, at, _hash(name), value + amount, ends_s)
        return value + amount

    def get(self, name: str) -> tuple[int, float]:
        """Return the value of a counter, and in how many seconds it ends; zeros if there is none."""
        now_s = time.monotonic()
        with self._locked():
            _, value, ends_s = self._find(name, now_s)
        return (value, ends_s - now_s) if ends_s > now_s else (0, 0.0)

    def _find(self, name: str, now_s: float) -> tuple[int, int, float]:
        """Return place, value and end of a counter; where there is none, the best place for it."""
        wanted = _hash(name)
        first = int.from_bytes(wanted[:4]) % _PLACES
        best, best_ends_s = 0, float("inf")
        for i in range(_NEAR):
            at = (first + i) % _PLACES * _PLACE.size
            found, value, ends_s = _PLACE.unpack_from(self._memory, at)
            if found == wanted and ends_s > now_s:
                return at, value, ends_s
            if ends_s < best_ends_s:
                best, best_ends_s = at, ends_s
        return best, 0, 0.0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


class Counters:
    """Counters in Redis, where there is one, else those of this server. They never fail.

    While Redis does not answer, this server counts for itself; the log says so at most once a minute.

    Args:
        shared: those of this server.
        redis_url: address of a Redis.

    Raises:
        ConfigError: the address of Redis is none.
    """

    def __init__(self, shared: SharedCounters, redis_url: str = "") -> None:
        self._shared = shared
        self._redis = _redis(redis_url) if redis_url else None
        self._away_until_s = 0.0
        self._logged_s = -_LOGGED_EVERY_S
        self._is_away = False

    def add(self, name: str, amount: int, lasts_s: float) -> int:
        """See `SharedCounters.add`."""
        return self._ask(
            lambda redis: redis.incr(name, round(lasts_s), amount),
            lambda: self._shared.add(name, amount, lasts_s),
        )

    def get(self, name: str) -> tuple[int, float]:
        """See `SharedCounters.get`."""
        return self._ask(
            lambda redis: (redis.get(name), redis.get_expiry(name) - time.time()),
            lambda: self._shared.get(name),
        )

    def _ask(self, far: Callable[[RedisStorage], _T], near: Callable[[], _T]) -> _T:
        if self._redis is None or time.monotonic() < self._away_until_s:
            return near()
        try:
            found = far(self._redis)
        # Whatever is wrong with it, nobody shall wait for it, or be refused.
        except Exception as error:  # noqa: BLE001
            self._lose(error)
            return near()
        if self._is_away:
            self._is_away = False
            logger.info("Redis counts the limits again")
        return found

    def _lose(self, error: Exception) -> None:
        now_s = time.monotonic()
        self._away_until_s = now_s + _PAUSE_S
        self._is_away = True
        if now_s - self._logged_s >= _LOGGED_EVERY_S:
            self._logged_s = now_s
            # The kind alone: the text may hold the address, with a password.
            logger.error(
                "Redis does not answer: this server counts the limits for itself",
                extra={"fault": type(error).__name__},
            )


def require_redis() -> None:
    """Make sure that the extra `redis` is installed.

    Raises:
        ConfigError: it is not.
    """
    try:
        import redis  # noqa: F401
    except ImportError as error:
        raise ConfigError("SER_LIMITS_STORAGE needs the extra 'redis': install it, or unset it.") from error


def _redis(url: str) -> RedisStorage:
    from limits.storage import RedisStorage

    try:
        return RedisStorage(
            url,
            key_prefix="ser",
            socket_timeout=_REDIS_S,
            socket_connect_timeout=_REDIS_S,
        )
    except Exception:  # noqa: BLE001
        # Not with the text, nor as the cause: they may hold a password.
        raise ConfigError("SER_LIMITS_STORAGE is no address of a Redis, as redis://host:6379/0.") from None


def _hash(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "replace"), digest_size=16).digest()
