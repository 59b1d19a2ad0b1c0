"""Every error becomes JSON here; routes hold no try/except."""

from __future__ import annotations

import logging

from flask import Flask, Response, g, jsonify, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ser.api.forms import drain
from ser.errors import FileTooLarge, InvalidRequest, RequestTimeout, SerError, as_body, describe

logger = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Answer every error of `app` as the contract says."""
    app.register_error_handler(SerError, _on_ser_error)
    app.register_error_handler(RequestEntityTooLarge, _on_too_large)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_unforeseen)


def answer(error: Exception) -> Response:
    """Return the answer that tells a client of an error."""
    response = jsonify(as_body(error))
    response.status_code = describe(error).status
    return response


def refuse(error: ValidationError) -> Response:
    """Tell of a query or a body that is not of the documented shape; given to the application.

    Raises:
        InvalidRequest: always.
    """
    faults = (
        f"{'.'.join(map(str, fault['loc'])) or 'The body'}: {fault['msg']}" for fault in error.errors()[:3]
    )
    raise InvalidRequest("; ".join(faults))


def _on_ser_error(error: SerError) -> Response:
    form = g.get("unread_form")
    if form is None or form.complete or isinstance(error, RequestTimeout):
        return answer(error)
    return _answer_early(error)


def _on_too_large(_: RequestEntityTooLarge) -> Response:
    return _answer_early(FileTooLarge("The request is larger than the server takes."))


def _answer_early(error: SerError) -> Response:
    drain(request)
    response = answer(error)
    # What is left unread, a kept-alive connection would take for the next request.
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
    return answer(error)
