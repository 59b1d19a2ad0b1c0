"""A bound on the requests that a process works on: one more is refused at once, rather than kept waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from ser.api.metrics import record
from ser.api.metrics.instruments import CLIPS_WAITING
from ser.errors import Busy


class WaitingLine:
    """Places for requests whose body has arrived, those that are worked on included.

    Args:
        places: how many there are.
    """

    def __init__(self, places: int) -> None:
        self._places, self._free = places, BoundedSemaphore(places)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place.

        Raises:
            Busy: all are taken.
        """
        if not self._free.acquire(blocking=False):
            raise Busy(f"{self._places} requests are waiting already; try again in a moment.", what="clips")
        try:
            with record.during(CLIPS_WAITING):
                yield
        finally:
            self._free.release()
