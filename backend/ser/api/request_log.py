"""One JSON line per request: method, path, status, ms, bytes. Never audio, never a file name."""

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
