"""POST /timeline."""

from __future__ import annotations

from flask import Response
from flask_openapi3 import APIBlueprint, Tag

from ser.api.schemas import ACCESS_ERRORS, KEY_OR_NONE, ErrorBody, TimelineBody, TimelineQuery
from ser.api.timeline_file import timeline_file

bp = APIBlueprint(
    "timeline",
    __name__,
    abp_tags=[Tag(name="Emotion")],
    abp_security=KEY_OR_NONE,
    abp_responses=ACCESS_ERRORS,
)

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
