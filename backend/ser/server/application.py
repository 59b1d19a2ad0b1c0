"""gunicorn, configured from `Settings` rather than from a file."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from threading import Thread
from typing import TYPE_CHECKING, Any, NoReturn

import click
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import ParseException

from ser import logs, memory
from ser.api.access.shared import Shared
from ser.api.draining import Draining
from ser.api.live.slots import Slots
from ser.api.metrics.shared import SharedMetrics
from ser.audio.isolation.decoder import IsolatedDecoder
from ser.audio.isolation.launcher import Launcher
from ser.config import Settings
from ser.errors import Busy, InvalidRequest
from ser.server.arbiter import Arbiter
from ser.server.worker import Worker

if TYPE_CHECKING:
    from ser.models.store import Found
    from ser.models.trial import Trial


class Server(BaseApplication):  # type: ignore[misc]
    """Serves the application with gunicorn's threaded workers.

    Args:
        settings: where to listen, and with how many processes and threads.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.read_timeout_s = settings.read_timeout_s
        self.max_upload_bytes = max(settings.max_upload_bytes, settings.max_analyze_bytes)
        self.grace_s, self.drain_delay_s = settings.grace_s, settings.drain_delay_s
        # Before the fork: all workers share them.
        self._stream_slots = Slots(settings.max_streams)
        self.draining = Draining()
        self.access = Shared.of(settings)
        self.launcher = Launcher()
        self.metrics: SharedMetrics | None = None
        # What the workers serve: all of them the same, whatever is on the disk when they begin.
        self.models: Found | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand the settings to gunicorn."""
        settings = self._settings
        options: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": Worker,
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
        _require_free(self._settings)
        memory.dump_no_core()
        memory.bound_free_memory()
        # Early: it has little in its memory.
        self.launcher.keep_running()
        own_pid = os.getpid()
        # Until gunicorn has its own handler: what was made by then is removed.
        signal.signal(signal.SIGTERM, _leave)
        try:
            if self._settings.metrics:
                with _uninterrupted():
                    # Before prometheus_client is imported, which `ser.app` does.
                    self.metrics = SharedMetrics()
            # All modules before the fork: the workers share their memory. ONNX Runtime is none of them, as it
            # starts threads, which do not survive a fork.
            import ser.app  # noqa: F401

            self.models = self.find_models()
            memory.share_with_forks()
            Arbiter(self).run()
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

        decoder = IsolatedDecoder(self.launcher, max_source_bytes=self._settings.max_analyze_bytes)
        # Not here: a worker can do without.
        Thread(target=_warm_up, args=(decoder,), daemon=True).start()
        app = create_app(
            self._settings,
            stream_slots=self._stream_slots,
            draining=self.draining,
            shared_access=self.access,
            decoder=decoder,
            found=self.models,
        )
        malformed = InvalidRequest("The body of the request is malformed.")
        app.register_error_handler(ParseException, lambda _: answer(malformed))
        return app

    def find_models(self) -> Found:
        """Return the models on the disk, their files checked."""
        from ser.models.pool import find_checked

        return find_checked(self._settings.model_dir, self._settings.model, self._settings.engine)

    def try_models(self, found: Found) -> Trial:
        """Begin to load models in a process of its own."""
        from ser.models.trial import Trial

        return Trial(found, self._settings.engine)


def _warm_up(decoder: IsolatedDecoder) -> None:
    with suppress(Busy):
        decoder.warm_up()


def _greet(arbiter: Any) -> None:
    for listener in arbiter.LISTENERS:
        click.echo(f"Speech emotion recognition on {listener} (Ctrl-C stops it)")
        if arbiter.app.access.keys is None and not _is_own_machine(listener):
            arbiter.log.warning(
                "Whoever reaches %s may use this server: SER_API_KEYS names a file of keys (docs/access.md)",
                listener,
            )


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


def _require_free(settings: Settings) -> None:
    """Say at once that an address cannot be listened on: gunicorn tries for five seconds.

    Raises:
        click.ClickException: it cannot.
    """
    if {"LISTEN_FDS", "GUNICORN_FD"} & os.environ.keys():
        # Somebody listens already, and hands that over.
        return
    host = settings.host.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind((host, settings.port))
        except OSError as error:
            raise click.ClickException(
                f"The server cannot listen on {settings.host}:{settings.port}: {error.strerror}. Give "
                "another --host or --port (SER_HOST, SER_PORT)."
            ) from error


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let signals that end the process wait."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)


def _is_own_machine(listener: Any) -> bool:
    """Return whether only this machine can reach a socket."""
    if listener.sock.family == socket.AF_UNIX:
        return True
    return ip_address(listener.sock.getsockname()[0]).is_loopback


def _has_shm() -> bool:
    return os.access("/dev/shm", os.W_OK)  # noqa: S108
