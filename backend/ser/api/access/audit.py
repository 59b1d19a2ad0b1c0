"""A line in the log for each request that was refused access: why, where, and who. Never a key."""

from __future__ import annotations

import logging
from threading import Lock
from time import monotonic

logger = logging.getLogger("ser.access")

# An attack must not fill a disk: so many lines a minute of each process, and then one that counts the others.
_LINES = 100
_PERIOD_S = 60.0


class Audit:
    """Writes the lines of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ends_s = self._written = self._left_out = 0.0

    def refused(self, *, reason: str, method: str, route: str, address: str, key: str | None) -> None:
        """Write a line, if there were not too many.

        Args:
            reason: the code of the error.
            method: of the request.
            route: the template of its path.
            address: of the client.
            key: its name, where the client sent a valid one.
        """
        left_out = self._take()
        if left_out is None:
            return
        if left_out:
            logger.warning("access refused, and not logged", extra={"requests": left_out})
        named = {} if key is None else {"key": key}
        logger.warning(
            "access refused",
            extra={"reason": reason, "method": method, "route": route, "address": address, **named},
        )

    def _take(self) -> int | None:
        """Return how many were left out before this line; None if it is left out, too."""
        with self._lock:
            now_s = monotonic()
            if now_s >= self._ends_s:
                left_out, self._left_out = int(self._left_out), 0
                self._ends_s, self._written = now_s + _PERIOD_S, 1
                return left_out
            if self._written < _LINES:
                self._written += 1
                return 0
            self._left_out += 1
            return None
