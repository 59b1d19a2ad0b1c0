"""POST /timeline."""

from __future__ import annotations

from flask import Response

from ser.api.access.blueprint import guarded_blueprint
from ser.api.schemas import ErrorBody, TimelineBody, TimelineQuery
from ser.api.timeline_file import timeline_file

bp = guarded_blueprint("timeline", "Emotion")

_FILE = {mimetype: {"schema": {"type": "string"}} for mimetype in ("text/csv", "text/vtt", "text/plain")}


@bp.post(
    "/timeline",
    summary="Convert an analysis to a timeline file",
    responses={
        200: {"description": "The file.", "content": _FILE},
        **dict.fromkeys((400, 403, 408, 413, 500), ErrorBody),
    },
)
def timeline(query: TimelineQuery, body: TimelineBody) -> Response:
    """Take an answer of POST /analyze; give CSV, WebVTT, Audacity labels, a Praat TextGrid or RTTM."""
    return timeline_file(body, query.format)
