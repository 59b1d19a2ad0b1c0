"""Every error becomes a JSON answer here; routes hold no try/except."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, request
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from ser.api.forms import drain
from ser.api.metrics import record
from ser.errors import (
    Busy,
    FileTooLarge,
    InvalidRequest,
    NoSpeech,
    RequestTimeout,
    RequestTooLarge,
    SerError,
    TooManyRequests,
    as_body,
)

logger = logging.getLogger(__name__)

# After so long, the requests that wait are done on most machines.
RETRY_AFTER_S = 1

# The HTTP status of every code that an answer can have. Those of live streams decide how a stream is closed.
HTTP_STATUS = {
    "no_file": 400,
    "invalid_request": 400,
    "unsupported_format": 400,
    "bad_prior": 400,
    "bad_config": 400,
    "bad_frame": 400,
    "no_key": 401,
    "wrong_key": 401,
    "foreign_origin": 403,
    "not_found": 404,
    "unknown_model": 404,
    "no_comparison": 404,
    "method_not_allowed": 405,
    "request_timeout": 408,
    "idle_timeout": 408,
    "too_large": 413,
    "request_too_large": 413,
    "too_long": 413,
    "requested_range_not_satisfiable": 416,
    "too_short": 422,
    "decode_failed": 422,
    "not_stereo": 422,
    "no_speech": 422,
    "baseline_too_short": 422,
    "bad_baseline": 422,
    "wrong_task": 422,
    "upgrade_required": 426,
    "too_fast": 429,
    "too_many_requests": 429,
    "client_gone": 499,
    "internal_error": 500,
    "model_unavailable": 503,
    "busy": 503,
}
# Why requests and live streams are refused, for the metrics.
_BUSY = ("clips", "recordings", "streams", "processors")
REASONS = (
    *(code for code in HTTP_STATUS if code not in (Busy.code, NoSpeech.code)),
    *(f"{Busy.code}_{what}" for what in _BUSY),
)


def init_app(app: Flask) -> None:
    """Answer every error of `app` as the contract says."""
    app.register_error_handler(SerError, _on_ser_error)
    app.register_error_handler(RequestEntityTooLarge, _on_too_large)
    app.register_error_handler(ClientDisconnected, _on_disconnected)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_unforeseen)


def count(error: BaseException, route: str) -> None:
    """Count an error that a client is told of.

    Args:
        error: it.
        route: the path of its request.
    """
    if isinstance(error, NoSpeech):
        # An answer like any other.
        record.no_speech(route)
        return
    code = as_body(error)["code"]
    record.rejected(f"{code}_{error.what}" if isinstance(error, Busy) else code)


def foreseen(error: Exception) -> SerError | Exception:
    """Return an error that nobody expected as clients are told of it, and log it.

    Too little memory is `Busy`; any other is a fault of the server.
    """
    if isinstance(error, MemoryError):
        logger.error("there is too little memory for a request")
        return Busy("There is too little memory; try again in a moment.", what="processors")
    logger.error("unforeseen error", exc_info=error)
    return error


def status_of(error: BaseException) -> int:
    """Return the HTTP status of an error."""
    return HTTP_STATUS[as_body(error)["code"]]


def answer(error: BaseException) -> Response:
    """Return the answer that tells a client of an error, and count it."""
    count(error, request.path)
    response = jsonify(as_body(error))
    response.status_code = status_of(error)
    if isinstance(error, Busy):
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    elif isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def answer_early(error: SerError) -> Response:
    """Return the answer to a request whose body was not read, or not to its end."""
    drain(request)
    response = answer(error)
    # A kept-alive connection would take the unread rest for the next request.
    response.headers["Connection"] = "close"
    return response


def refuse(error: ValidationError) -> Response:
    """Refuse a query or a body that does not have the documented shape; the application calls it.

    Raises:
        InvalidRequest: always.
    """
    raise InvalidRequest("; ".join(map(_sentence, error.errors()[:3])))


def _sentence(fault: ErrorDetails) -> str:
    if fault["type"] in ("model_type", "model_attributes_type"):
        return "The body must be a JSON object, sent as application/json."
    place = ".".join(map(str, fault["loc"]))
    return f"{place}: {fault['msg']}" if place else fault["msg"]


def _on_ser_error(error: SerError) -> Response:
    return answer(error) if isinstance(error, RequestTimeout) else _drained(answer(error))


def _drained(response: Response) -> Response:
    """Return a refusal; what is unread of its request, no other request may follow."""
    if drain(request):
        response.headers["Connection"] = "close"
    return response


def _on_too_large(_: RequestEntityTooLarge) -> Response:
    kind = FileTooLarge if request.mimetype == "multipart/form-data" else RequestTooLarge
    limit_mb = (request.max_content_length or 0) // 1024**2
    return answer_early(kind(f"At most {limit_mb} MB are taken."))


def _on_disconnected(_: ClientDisconnected) -> Response:
    return answer(RequestTimeout("The body of the request stopped arriving."))


def _on_http_error(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    code = error.name.lower().replace(" ", "_")
    if HTTP_STATUS.get(code) != status:
        return _drained(answer(InvalidRequest(error.description) if status < 500 else error))
    record.rejected(code)
    response = jsonify(error=error.name, code=code, detail=error.description)
    response.status_code = status
    for header, value in error.get_headers():
        if header not in ("Content-Type", "Content-Length"):
            response.headers[header] = value
    return _drained(response)


def _on_unforeseen(error: Exception) -> Response:
    return answer(foreseen(error))
