"""Logs as one JSON object per line on standard error."""

from __future__ import annotations

from typing import Any

CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": ["levelname", "name", "message"],
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": True,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        "websockets": {"level": "WARNING", "handlers": [], "propagate": True},
        # Our own line per request says more, and no query.
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}
