"""gunicorn, configured from `Settings` rather than from a file."""

from __future__ import annotations

import os
import socket
import struct
from typing import Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from ser import logs, memory
from ser.api.live.slots import Slots
from ser.config import Settings
from ser.errors import InvalidRequest


class Server(BaseApplication):  # type: ignore[misc]
    """Serves the application with gunicorn's threaded workers.

    Args:
        settings: where to listen, and with how many processes and threads.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.read_timeout_s = settings.read_timeout_s
        # Before the fork: all workers share them.
        self._stream_slots = Slots(settings.max_streams)
        super().__init__()

    def load_config(self) -> None:
        """Hand the settings to gunicorn."""
        settings = self._settings
        options: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": _Worker,
            # An answer takes well under a second, so a request that takes longer waits for its client.
            "graceful_timeout": 3,
            "proc_name": "ser",
            # The heartbeat file is in memory: a slow disk cannot stall a worker.
            "worker_tmp_dir": "/dev/shm" if _has_shm() else None,  # noqa: S108
            "control_socket_disable": True,
            "logconfig_dict": logs.CONFIG,
            "when_ready": _greet,
            "worker_exit": _close_streams,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve until a signal ends it."""
        # All modules before the fork: the workers share their memory. ONNX Runtime is none of them, as it
        # starts threads, which do not survive a fork.
        import ser.app  # noqa: F401

        memory.bound_free_memory()
        memory.share_with_forks()
        super().run()

    def load(self) -> Any:
        """Return the application; each worker calls it once, after the fork."""
        from ser.api.errors import answer
        from ser.app import create_app

        app = create_app(self._settings, stream_slots=self._stream_slots)
        malformed = InvalidRequest("The body of the request is malformed.")
        app.register_error_handler(ParseException, lambda _: answer(malformed))
        return app


class _Worker(ThreadWorker):  # type: ignore[misc]
    """A threaded worker that hangs up on clients that neither send nor read for too long."""

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


def _close_streams(_: Any, worker: Any) -> None:
    app = getattr(worker, "wsgi", None)
    if app is not None:
        app.extensions["ser"]["live_streams"].close()


def _has_shm() -> bool:
    return os.access("/dev/shm", os.W_OK)  # noqa: S108
