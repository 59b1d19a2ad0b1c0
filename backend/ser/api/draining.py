"""Whether the server is about to stop: known to all its processes at once."""

from __future__ import annotations

import mmap


class Draining:
    """A flag. Make it before the fork: the processes then share it."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1)

    def begin(self) -> None:
        """Say that the server is about to stop."""
        self._shared[0] = 1

    @property
    def begun(self) -> bool:
        """Whether the server is about to stop."""
        return bool(self._shared[0])
