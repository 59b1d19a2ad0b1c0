"""The first process: it starts the others, replaces them, and lets them end."""

from __future__ import annotations

import signal
from time import monotonic, sleep
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from gunicorn import arbiter as gunicorn_arbiter
from gunicorn.arbiter import Arbiter as GunicornArbiter
from gunicorn.errors import HaltServer

from ser.server.ending import END, QUICK_S

if TYPE_CHECKING:
    from ser.models.trial import Trial

# How long the processes may take to end after the grace time: for the last answers of live streams.
_ENDING_S = 6
# How long after a process could not be started the next one is tried.
_AGAIN_S = 5.0

# gunicorn measures the grace time by the clock of the day, which may be set anew meanwhile.
gunicorn_arbiter.time = SimpleNamespace(time=monotonic, monotonic=monotonic, sleep=sleep)


class Arbiter(GunicornArbiter):  # type: ignore[misc]
    """The first process. It says that the server is about to stop, waits, and only then lets it stop.

    It ends for no fault while another process answers.
    """

    _stops_at_s: float | None = None
    _spawns_from_s = 0.0
    _trial: Trial | None = None
    # Of processes that were told to end, as others take their place.
    _told: frozenset[int] = frozenset()

    def kill_worker(self, pid: int, sig: int) -> None:
        """Send a process a signal, and note whom it tells to end."""
        if sig in (signal.SIGTERM, signal.SIGQUIT):
            self._told |= {pid}
        super().kill_worker(pid, END if sig == signal.SIGTERM else sig)

    def was_told_to_end(self, pid: int) -> bool:
        """Return whether a process that is gone was told to end."""
        told = pid in self._told
        self._told -= {pid}
        return told

    def settle_metrics(self, gone: int | None = None) -> None:
        """Keep what processes that are gone have counted; a fault of the metrics ends no server."""
        try:
            if gone is None:
                self.app.metrics.settle()
            else:
                self.app.metrics.forget(gone)
        except Exception:
            self.log.exception("What a process has counted is lost")

    def handle_hup(self) -> None:
        """Try the models that are on the disk now; the workers are replaced once they passed."""
        if self.app.draining.begun:
            self.log.warning("The server is about to stop: its models stay")
            return
        self._give_up_trial()
        try:
            found = self.app.find_models()
            lost = found.faulty.keys() & self.app.models.directories.keys()
            for name in lost:
                self.log.error("model '%s' cannot be used: %s", name, found.faulty[name])
            if lost:
                self._refuse_models()
            else:
                self._trial = self.app.try_models(found)
        except OSError:
            self.log.exception("The models could not be tried")
            self._refuse_models()

    def _settle_trial(self) -> None:
        """Replace the workers where new models passed; where they did not, nothing changes."""
        if self._trial is None or (passed := self._trial.passed()) is None:
            return
        trial, self._trial = self._trial, None
        if self.app.draining.begun:
            return
        if not passed:
            self._refuse_models()
            return
        self.app.models = trial.found
        self.log.info("The models are loaded anew: %s", ", ".join(trial.found.directories))
        super().handle_hup()

    def _refuse_models(self) -> None:
        self.log.error("The models on the disk cannot be used: the server goes on with those that it has")

    def _give_up_trial(self) -> None:
        if self._trial is not None:
            self._trial.end()
            self._trial = None

    def spawn_workers(self) -> None:
        """Start the processes that are missing, but not all the time those that cannot be started."""
        if monotonic() >= self._spawns_from_s:
            super().spawn_workers()

    def spawn_worker(self) -> Any:
        """Start a process; where the system has no room for one, try it later."""
        try:
            return super().spawn_worker()
        except OSError:
            self.log.exception("A process could not be started")
            self._spawns_from_s = monotonic() + _AGAIN_S

    def reap_workers(self) -> None:
        """Take note of processes that ended; one that cannot begin ends the server only if it is alone."""
        before, fault = set(self.WORKERS), self._reap()
        if fault is not None:
            # It leaves off at the first: those that ended in the same moment are no workers either.
            while self._reap() is not None:
                pass
            if not self.WORKERS:
                raise fault
            self.log.error("A process could not begin; the others go on")
            self._spawns_from_s = monotonic() + _AGAIN_S
            if self.app.metrics is not None:
                for pid in before - set(self.WORKERS):
                    self.settle_metrics(pid)

    def _reap(self) -> HaltServer | None:
        """Take note of processes that ended; return the fault of one that could not begin."""
        try:
            super().reap_workers()
        except HaltServer as fault:
            return fault
        return None

    def keep_launcher_running(self) -> None:
        """Start the launcher of decoder processes where it is gone."""
        try:
            self.app.launcher.keep_running()
        except OSError:
            # The next second, again.
            self.log.exception("The launcher of decoder processes could not be started")

    def handle_term(self) -> None:
        """Begin to drain: load balancers see it at /health/ready, and send new requests elsewhere."""
        self.app.draining.begin()
        if self._stops_at_s is None:
            self._stops_at_s = monotonic() + self.app.drain_delay_s

    def wait_for_signals(self, timeout: float = 1.0) -> Any:
        """Wait as gunicorn does, but not longer than the server is to go on."""
        if self.app.metrics is not None:
            self.settle_metrics()
        self.keep_launcher_running()
        self._settle_trial()
        if self.app.access.keys is not None:
            # A process that takes the place of another begins with them.
            self.app.access.keys.refresh()
        if self._stops_at_s is not None:
            left_s = self._stops_at_s - monotonic()
            if left_s <= 0:
                # gunicorn takes this for the end of its loop.
                raise StopIteration
            timeout = min(timeout, left_s)
        return super().wait_for_signals(timeout)

    def stop(self, graceful: bool = True) -> None:
        """Let the workers end; kill those that do not within their time."""
        self.app.draining.begin()
        self._give_up_trial()
        self.cfg.set("graceful_timeout", self.app.grace_s + _ENDING_S if graceful else QUICK_S)
        super().stop(graceful)
