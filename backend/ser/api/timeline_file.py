"""A timeline as a file to download."""

from __future__ import annotations

from typing import Any

from flask import Response

from ser.analysis import exports


def timeline_file(analysis: dict[str, Any], name: str) -> Response:
    """Return the timeline of an analysis as a file in one of `exports.FORMATS`."""
    chosen = exports.FORMATS[name]
    response = Response(exports.write(analysis, name), mimetype=chosen.mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="timeline.{chosen.extension}"'
    return response
