"""Logs one JSON line per request: method, path, status, ms, bytes; and one at the end of a live stream.

Never audio, never a file name.
"""

from __future__ import annotations

import logging
from time import perf_counter

from flask import Flask, Response, g, request

logger = logging.getLogger("ser.request")


def init_app(app: Flask) -> None:
    """Log every request of `app`."""
    app.before_request(_start)
    app.after_request(_log)


def _start() -> None:
    g.request_started = perf_counter()


def _log(response: Response) -> Response:
    logger.info(
        "request",
        extra={
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "ms": round((perf_counter() - g.request_started) * 1e3, 1),
            "bytes": request.content_length or 0,
        },
    )
    return response


def log_stream(
    *, reason: str, close_code: int | None, ms: float, received_bytes: int, sound_s: float
) -> None:
    """Log the end of a live stream, whose request was logged when it began."""
    logger.info(
        "stream",
        extra={
            "reason": reason,
            "close_code": close_code,
            "ms": round(ms, 1),
            "bytes": received_bytes,
            "sound_s": round(sound_s, 1),
        },
    )
