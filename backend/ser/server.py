"""gunicorn, configured from `Settings` rather than from a file."""

from __future__ import annotations

import os
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from ser import logs
from ser.config import Settings


class Server(BaseApplication):  # type: ignore[misc]
    """Serves the application with gunicorn's threaded workers.

    Args:
        settings: where to listen, and with how many processes and threads.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Hand the settings to gunicorn."""
        settings = self._settings
        options: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": "gthread",
            "proc_name": "ser",
            # Its heartbeat file: memory, so that a slow disk cannot stall a worker.
            "worker_tmp_dir": "/dev/shm" if _has_shm() else None,  # noqa: S108
            "control_socket_disable": True,
            "logconfig_dict": logs.CONFIG,
            "when_ready": _greet,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application; each worker calls it once, after the fork."""
        # Imported only here: libraries that start threads do not survive a fork.
        from ser.app import create_app

        return create_app(self._settings)


def _greet(arbiter: Any) -> None:
    for listener in arbiter.LISTENERS:
        click.echo(f"Speech emotion recognition on {listener} (Ctrl-C stops it)")


def _has_shm() -> bool:
    return os.access("/dev/shm", os.W_OK)  # noqa: S108
