"""The page: the built frontend, served as it is."""

from __future__ import annotations

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

from ser.api import context

bp = Blueprint("page", __name__)

_YEAR_S = 365 * 24 * 3600


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
    return send_from_directory(context.settings().frontend_dir / "assets", name, max_age=_YEAR_S)


@bp.get("/favicon.svg")
def favicon() -> Response:
    """Serve the page's icon."""
    return send_from_directory(context.settings().frontend_dir, "favicon.svg")
