"""A timeline as a file to download."""

from __future__ import annotations

from flask import Response

from ser.analysis import exports


def timeline_file(timeline: exports.Timeline, name: str) -> Response:
    """Return a timeline as a file in one of `exports.FORMATS`."""
    chosen = exports.FORMATS[name]
    response = Response(exports.write(timeline, name), mimetype=chosen.mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="timeline.{chosen.extension}"'
    return response
