"""Tries models in a process of its own, before a server works with them."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from ser.config import EngineName
from ser.models.pool import ModelPool
from ser.models.store import Found

# Loading takes a second on most machines; the kernel ends what hangs.
_MAX_S = 60
_STANDARD_STREAMS = 3
_HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR2)


class Trial:
    """Begins to load models in a fork of this process, which has one thread, and lets the default one answer.

    The log says what is wrong with them.

    Args:
        found: the models.
        engine: what runs the networks.
    """

    def __init__(self, found: Found, engine: EngineName) -> None:
        self.found = found
        self._result, told = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                self._run(engine, told)
            finally:
                os._exit(1)
        os.close(told)
        os.set_blocking(self._result, False)

    def passed(self) -> bool | None:
        """Return whether the models can be used; None while that is not known.

        Once it is known, do not ask again.
        """
        try:
            told = os.read(self._result, 1)
        except BlockingIOError:
            return None
        os.close(self._result)
        return bool(told)

    def end(self) -> None:
        """Give it up."""
        os.close(self._result)
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    def _run(self, engine: EngineName, told: int) -> None:
        for number in _HANDLED:
            signal.signal(number, signal.SIG_DFL)
        # Not the server's connections: another server may want the port.
        os.closerange(_STANDARD_STREAMS, told)
        os.closerange(told + 1, os.sysconf("SC_OPEN_MAX"))
        signal.alarm(_MAX_S)
        # With a first answer.
        if ModelPool.of(self.found, engine=engine, max_loaded=0).ready:
            os.write(told, b"1")
