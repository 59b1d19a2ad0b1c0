"""So many at once and no more, over all processes of a server."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Callable
from threading import Lock


class Slots:
    """Places to be taken; to be made before the processes are, which then share them.

    Each place is one byte to lock of an empty file without a name. What a process holds the kernel gives back
    when it dies, however it dies; a counter would go on counting it.

    Args:
        count: how many places there are.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        # To the kernel, what one's own process holds is free.
        self._own: set[int] = set()
        self._lock = Lock()

    def take(self) -> Callable[[], None] | None:
        """Take a place, and return what gives it back, once; None if there is none."""
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
