"""Every error becomes JSON here; routes hold no try/except."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ser.errors import FileTooLarge, InvalidRequest, SerError, as_body, describe

logger = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Answer every error of `app` as the contract says."""
    app.register_error_handler(SerError, _on_ser_error)
    app.register_error_handler(RequestEntityTooLarge, _on_too_large)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_unforeseen)


def on_validation_error(error: ValidationError) -> Response:
    """Answer a form that is not what its schema says."""
    faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors())
    return _answer(InvalidRequest(faults))


def _answer(error: Exception) -> Response:
    response = jsonify(as_body(error))
    response.status_code = describe(error).status
    return response


def _on_ser_error(error: SerError) -> Response:
    return _answer(error)


def _on_too_large(_: RequestEntityTooLarge) -> Response:
    response = _answer(FileTooLarge("The request is larger than the server takes."))
    # The rest of the body is not read; a kept-alive connection would take it for the next request.
    response.headers["Connection"] = "close"
    return response


def _on_http_error(error: HTTPException) -> Response:
    name = (error.name or "error").lower().replace(" ", "_")
    response = jsonify(error=error.name, code=name, detail=error.description)
    response.status_code = error.code or 500
    for header, value in error.get_headers():
        if header not in ("Content-Type", "Content-Length"):
            response.headers[header] = value
    return response


def _on_unforeseen(error: Exception) -> Response:
    logger.exception("unforeseen error")
    return _answer(error)
