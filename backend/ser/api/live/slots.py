"""A limit on how many streams run at once, over all processes of a server."""

from __future__ import annotations

import fcntl
import mmap
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from threading import Lock

from ser.errors import TooManyRequests

# When somebody with too many streams may try again: one of them may be over then.
_RETRY_AFTER_S = 10


class Slots:
    """A fixed number of places. Make it before the fork: the processes then share it.

    Each place is a lock on one byte of a nameless, empty file. When a process dies, the kernel releases its
    locks; a counter would not notice.

    Args:
        count: how many places there are.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        # Who holds each place: a hash, which is of no meaning where the place is free.
        self._holders = memoryview(mmap.mmap(-1, 8 * count)).cast("Q")
        # The kernel lets a process take its own locks again, so we remember them.
        self._own: set[int] = set()
        self._lock = Lock()

    def take(self, holder: str = "", most: int = 0) -> Callable[[], None] | None:
        """Take a place and return the function that gives it back; None if all are taken.

        Args:
            holder: who it is for.
            most: how many places one holder may have; 0 for any number.

        Raises:
            TooManyRequests: the holder has as many.
        """
        mark = int.from_bytes(blake2b(holder.encode("utf-8", "replace"), digest_size=8).digest())
        with self._lock, self._counting(most > 0):
            if most and self._held_by(mark) >= most:
                raise TooManyRequests(
                    f"At most {most} live streams are taken at once.", retry_after_s=_RETRY_AFTER_S
                )
            for place in range(self.count):
                if place not in self._own and self._locked(place):
                    self._own.add(place)
                    self._holders[place] = mark
                    return lambda: self._give_back(place)
        return None

    @contextmanager
    def _counting(self, is_needed: bool) -> Iterator[None]:
        """Keep other processes from taking places between the count and the taking."""
        if is_needed:
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1, self.count)
        try:
            yield
        finally:
            if is_needed:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self.count)

    def _held_by(self, mark: int) -> int:
        marked = [place for place, each in enumerate(self._holders.tolist()) if each == mark]
        return sum(place in self._own or self._is_taken(place) for place in marked)

    def _is_taken(self, place: int) -> bool:
        """Return whether another process, which lives, has a place."""
        if not self._locked(place):
            return True
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)
        return False

    def _locked(self, place: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except BlockingIOError:
            return False
        return True

    def _give_back(self, place: int) -> None:
        with self._lock:
            self._own.remove(place)
            self._holders[place] = 0
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)
