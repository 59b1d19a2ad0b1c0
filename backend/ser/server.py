"""gunicorn, configured from `Settings` rather than from a file."""

from __future__ import annotations

import os
import signal
import socket
import struct
from time import monotonic, sleep
from typing import Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from ser import logs, memory
from ser.api.draining import Draining
from ser.api.live.slots import Slots
from ser.api.metrics.shared import SharedMetrics
from ser.config import Settings
from ser.errors import InvalidRequest

# How long the processes may take to end when they are to stop at once: Ctrl-C.
_QUICK_S = 3
# And how long after the grace time: for the last answers of live streams.
_ENDING_S = 6
# How often a process that stops looks whether its live streams are over.
_POLL_S = 0.05


class Server(BaseApplication):  # type: ignore[misc]
    """Serves the application with gunicorn's threaded workers.

    Args:
        settings: where to listen, and with how many processes and threads.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.read_timeout_s = settings.read_timeout_s
        self.grace_s, self.drain_delay_s = settings.grace_s, settings.drain_delay_s
        # Before the fork: all workers share them.
        self._stream_slots = Slots(settings.max_streams)
        self.draining = Draining()
        self.metrics: SharedMetrics | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand the settings to gunicorn."""
        settings = self._settings
        options: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": _Worker,
            "graceful_timeout": settings.grace_s,
            "proc_name": "ser",
            # The heartbeat file is in memory: a slow disk cannot stall a worker.
            "worker_tmp_dir": "/dev/shm" if _has_shm() else None,  # noqa: S108
            "control_socket_disable": True,
            "logconfig_dict": logs.CONFIG,
            "when_ready": _greet,
            "worker_exit": _close,
            "child_exit": _forget,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve until a signal ends it: SIGTERM with a grace time, SIGINT at once."""
        # Before prometheus_client is imported, which `ser.app` does.
        self.metrics = SharedMetrics() if self._settings.metrics else None
        # All modules before the fork: the workers share their memory. ONNX Runtime is none of them, as it
        # starts threads, which do not survive a fork.
        import ser.app  # noqa: F401

        memory.bound_free_memory()
        memory.share_with_forks()
        own_pid = os.getpid()
        try:
            _Arbiter(self).run()
        except RuntimeError as error:
            raise click.ClickException(str(error)) from error
        finally:
            # The other processes come this way, too, when they end.
            if self.metrics is not None and os.getpid() == own_pid:
                self.metrics.remove()

    def load(self) -> Any:
        """Return the application; each worker calls it once, after the fork."""
        from ser.api.errors import answer
        from ser.app import create_app

        app = create_app(self._settings, stream_slots=self._stream_slots, draining=self.draining)
        malformed = InvalidRequest("The body of the request is malformed.")
        app.register_error_handler(ParseException, lambda _: answer(malformed))
        return app


class _Arbiter(Arbiter):  # type: ignore[misc]
    """The first process. It says that the server is about to stop, waits, and only then lets it stop."""

    _stops_at_s: float | None = None
    # Of processes that were told to end, as others take their place.
    _told: frozenset[int] = frozenset()

    def kill_worker(self, pid: int, sig: int) -> None:
        """Send a process a signal, and note whom it tells to end."""
        if sig in (signal.SIGTERM, signal.SIGQUIT):
            self._told |= {pid}
        super().kill_worker(pid, sig)

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

    def handle_term(self) -> None:
        """Begin to drain: load balancers see it at /health/ready, and send new requests elsewhere."""
        self.app.draining.begin()
        if self._stops_at_s is None:
            self._stops_at_s = monotonic() + self.app.drain_delay_s

    def wait_for_signals(self, timeout: float = 1.0) -> Any:
        """Wait as gunicorn does, but not longer than the server is to go on."""
        if self.app.metrics is not None:
            self.settle_metrics()
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
        self.cfg.set("graceful_timeout", self.app.grace_s + _ENDING_S if graceful else _QUICK_S)
        super().stop(graceful)


class _Worker(ThreadWorker):  # type: ignore[misc]
    """A threaded worker that hangs up on clients that neither send nor read for too long.

    When it is to stop, live streams have as much time to end as requests have.
    """

    _stops_at_s = 0.0

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Note when to stop, whatever is still running."""
        self._stops_at_s = monotonic() + self.app.grace_s
        super().handle_exit(sig, frame)

    def run(self) -> None:
        """Serve; once it is to stop, wait for requests, then for live streams, which hold no request."""
        super().run()
        streams = self.wsgi.extensions["ser"]["live_streams"]
        while streams.open_count and monotonic() < self._stops_at_s and self.ppid == os.getppid():
            self.notify()
            sleep(_POLL_S)
        streams.finish()

    def is_parent_alive(self) -> bool:
        """Look after the first process; without it, stop at once, as another server may want the port."""
        alive: bool = super().is_parent_alive()
        if not alive:
            self.cfg.set("graceful_timeout", _QUICK_S)
        return alive

    def set_accept_enabled(self, enabled: bool) -> None:
        """Begin or stop to accept; who comes after the last time is refused, rather than kept waiting."""
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self._accept_all(listener)
                listener.close()

    def _accept_all(self, listener: Any) -> None:
        """Accept who is connected already."""
        before = -1
        while before < self.nr_conns:
            before = self.nr_conns
            self.accept(listener)

    def handle(self, conn: Any) -> Any:
        # A timeout of the kernel: before each request, gunicorn removes the one of Python.
        seconds = struct.pack("ll", self.app.read_timeout_s, 0)
        for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            conn.sock.setsockopt(socket.SOL_SOCKET, direction, seconds)
        return super().handle(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        if conn.sock.fileno() == -1:
            # The connection belongs to a live stream now.
            self.nr_conns -= 1
            return
        super().finish_request(conn, fs)


def _greet(arbiter: Any) -> None:
    for listener in arbiter.LISTENERS:
        click.echo(f"Speech emotion recognition on {listener} (Ctrl-C stops it)")


def _forget(arbiter: Any, worker: Any) -> None:
    """Keep what a process that is gone has counted."""
    from ser.api.metrics import record

    if arbiter.app.metrics is None:
        return
    arbiter.settle_metrics(worker.pid)
    if not arbiter.app.draining.begun and not arbiter.was_told_to_end(worker.pid):
        record.worker_exited()


def _close(_: Any, worker: Any) -> None:
    app = getattr(worker, "wsgi", None)
    if app is not None:
        app.extensions["ser"]["live_streams"].close()
        tracing = app.extensions["ser"]["tracing"]
        if tracing is not None:
            tracing.close()


def _has_shm() -> bool:
    return os.access("/dev/shm", os.W_OK)  # noqa: S108
