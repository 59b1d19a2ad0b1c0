"""A bound on how long each step of an upload may take."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Thread
from time import monotonic
from types import TracebackType


class UploadDeadline:
    """Hangs up on a client that takes too long over one step of its upload.

    The kernel's own timeout starts again with every byte. Enter this context for each step; a thread
    watches how long the step takes.

    Args:
        connection: to the client; without one, nothing is watched.
        timeout_s: how long one step may take.

    Attributes:
        missed: whether the client was too slow.
    """

    def __init__(self, connection: socket.socket | None, timeout_s: float) -> None:
        self.missed = False
        self._connection = connection
        self._timeout_s = timeout_s
        self._waiting_since: float | None = None
        self._stopped = Event()

    def start(self) -> None:
        """Begin to watch."""
        if self._connection is not None:
            Thread(target=self._watch, args=(self._connection,), daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()

    def __enter__(self) -> None:
        self._waiting_since = monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting_since = None

    def _watch(self, connection: socket.socket) -> None:
        while not self._stopped.wait(min(self._timeout_s / 4, 1.0)):
            since = self._waiting_since
            if since is not None and monotonic() > since + self._timeout_s:
                self.missed = True
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
                return
