"""Headers that tell a browser what a page of this server may do."""

from __future__ import annotations

from flask import Flask, Response, request

from ser.api.routes.docs import DOCS_PATH

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": browsers would then send `Origin: null` with some of the page's own requests.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# Styles: the waveform's library writes a <style> of its own. Files that are played have blob: addresses.
# Models that answer in the browser are run by WebAssembly.
_PAGE = (
    f"{_NOTHING}; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self' blob:; manifest-src 'self'"
)
# Swagger UI starts with an inline script.
_DOCS = (
    f"{_NOTHING}; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src blob:; font-src 'self' data:; connect-src 'self'"
)


def init_app(app: Flask) -> None:
    """Set the headers of every answer of `app`."""
    app.after_request(_set_headers)


def _set_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", _policy())
    return response


def _policy() -> str:
    if request.blueprint == "page":
        return _PAGE
    return _DOCS if request.path.startswith(f"{DOCS_PATH}/") else _NOTHING
