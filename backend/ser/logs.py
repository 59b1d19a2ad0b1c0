"""Logs as one JSON object per line on standard error."""

from __future__ import annotations

import logging
from typing import Any

# gunicorn quotes what it could not read, which may be somebody's key or password.
_UNREADABLE = "Invalid request from ip="


def drop_quoted(record: logging.LogRecord) -> bool:
    """Shorten a record of gunicorn's that quotes a request; all records are kept."""
    message = record.getMessage()
    if message.startswith(_UNREADABLE):
        record.msg, record.args = message.partition(": ")[0], ()
    return True


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
    "filters": {"drop_quoted": {"()": lambda: drop_quoted}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {
        "gunicorn.error": {
            "level": "INFO",
            "handlers": [],
            "filters": ["drop_quoted"],
            "propagate": True,
        },
        "websockets": {"level": "WARNING", "handlers": [], "propagate": True},
        # Our own line per request says more, and no query.
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}
