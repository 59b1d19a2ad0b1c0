"""The page: the built frontend, served as it is."""

from __future__ import annotations

import mimetypes
import os

from flask import Blueprint, Response, request, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from ser.api import context

bp = Blueprint("page", __name__)

_YEAR_S = 365 * 24 * 3600
# The ends of the names of compressed copies, the smallest first; `frontend/vite.config.ts` writes them.
_COMPRESSED = {"br": ".br", "gzip": ".gz"}
# Its icons, its service worker, and what browsers need to install it, with their types.
_FILES = {
    "favicon.svg": "image/svg+xml",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
    "icon-maskable.png": "image/png",
    "manifest.webmanifest": "application/manifest+json",
    "sw.js": "text/javascript",
}


@bp.get("/")
def index() -> Response:
    """Serve the page itself; browsers check for a new version at each visit."""
    try:
        response = send_from_directory(context.settings().frontend_dir, "index.html")
    except NotFound:
        raise NotFound("The page is not built: run `make frontend`.") from None
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/assets/<path:name>")
def asset(name: str) -> Response:
    """Serve a part of the page, cached for a year: its name holds a hash of its content."""
    folder = context.settings().frontend_dir / "assets"
    for encoding, suffix in _COMPRESSED.items():
        copy = safe_join(str(folder), f"{name}{suffix}")
        if copy is None or request.accept_encodings.quality(encoding) <= 0:
            continue
        # Unlike pathlib's, it says no to a name that is too long.
        if os.path.isfile(copy):  # noqa: PTH113
            response = send_from_directory(folder, f"{name}{suffix}", max_age=_YEAR_S)
            response.headers["Content-Encoding"] = encoding
            response.mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
            break
    else:
        response = send_from_directory(folder, name, max_age=_YEAR_S)
    # Not even asked for again when somebody reloads the page.
    response.cache_control.immutable = True
    response.vary.add("Accept-Encoding")
    return response


@bp.get(f"/<any({', '.join(map(repr, _FILES))}):name>")
def page_file(name: str) -> Response:
    """Serve what lies beside the page under a name of its own; browsers check for a new version."""
    return send_from_directory(context.settings().frontend_dir, name, mimetype=_FILES[name])
