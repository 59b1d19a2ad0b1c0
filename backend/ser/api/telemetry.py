"""Tells of every request: a JSON line in the log, the metrics, and a trace where somebody collects these.

The line holds method, path, status, ms and bytes; there is one at the end of a live stream, too. Never audio,
never a file name.
"""

from __future__ import annotations

import logging
import re
from functools import cache
from time import perf_counter

from flask import Flask, Response, current_app, g, request

from ser.api.metrics import record
from ser.api.tracing import RequestTrace, Tracing

logger = logging.getLogger("ser.request")

# The type of a part of a route, as in `<path:name>`.
_CONVERTER = re.compile(r"<(?:[^<>]*:)?(\w+)>")


def init_app(app: Flask) -> None:
    """Log and count every request of `app`, and trace it."""
    app.extensions["ser"]["tracing"] = Tracing.from_environment()
    app.before_request(_start)
    app.after_request(_log)


def route_of_request() -> str:
    """Return the template of the request's path, as `/models/<name>`: paths are without number."""
    rule = request.url_rule
    return record.OTHER if rule is None else _template(rule.rule)


@cache
def _template(rule: str) -> str:
    return _CONVERTER.sub(r"<\1>", rule)


def _start() -> None:
    g.request_started = perf_counter()
    route = route_of_request()
    record.start_route(route)
    tracing: Tracing | None = current_app.extensions["ser"]["tracing"]
    g.request_trace = tracing and tracing.begin(route, record.known_method(request.method), request.headers)


def _log(response: Response) -> Response:
    started_s: float = g.request_started
    trace: RequestTrace | None = g.request_trace
    route, method, status = route_of_request(), request.method, response.status_code

    def count() -> None:
        record.request(route, method, status, perf_counter() - started_s)
        if trace is not None:
            trace.end(status)

    if response.is_streamed and not response.direct_passthrough:
        # It is made while it is sent. What is passed through is a file, and has no such call.
        response.call_on_close(count)
    else:
        count()
    logger.info(
        "request",
        extra={
            "method": method,
            "path": request.path,
            "status": status,
            "ms": round((perf_counter() - started_s) * 1e3, 1),
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
