"""A limit on how many streams run at once, over all processes of a server."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Callable
from threading import Lock


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
        # The kernel lets a process take its own locks again, so we remember them.
        self._own: set[int] = set()
        self._lock = Lock()

    def take(self) -> Callable[[], None] | None:
        """Take a place and return the function that gives it back; None if all are taken."""
        with self._lock:
            for place in range(self.count):
                if place not in self._own and self._locked(place):
                    self._own.add(place)
                    return lambda: self._give_back(place)
        return None

    def _locked(self, place: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except BlockingIOError:
            return False
        return True

    def _give_back(self, place: int) -> None:
        with self._lock:
            self._own.remove(place)
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)
