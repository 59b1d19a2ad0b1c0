"""POST /analyze."""

from __future__ import annotations

from itertools import chain, islice

from flask import Response, jsonify, request, stream_with_context

from ser.analysis.events import Analysis
from ser.analysis.exports import FORMATS
from ser.api import context
from ser.api.access.blueprint import guarded_blueprint
from ser.api.analysis import NDJSON, analysis_lines, as_ndjson
from ser.api.schemas import UPLOAD_ERRORS, AnalysisBody, AnalyzeForm, AnalyzeQuery
from ser.api.streamed_form import StreamedForm
from ser.api.timeline_file import timeline_file

bp = guarded_blueprint("analyze", "Emotion")

_FORM = {"multipart/form-data": {"schema": AnalyzeForm.model_json_schema()}}


@bp.post(
    "/analyze",
    summary="Analyse a long recording",
    responses={200: AnalysisBody, **UPLOAD_ERRORS},
    openapi_extensions={"requestBody": {"required": True, "content": _FORM}},
)
def analyze(query: AnalyzeQuery) -> Response:
    """Up to hours of audio, decoded while they arrive. Without speech, there is no emotion.

    As `ndjson`, the lines have the types `start`, `progress`, `window`, and last `result` or `error`. With
    `peaks` there is a line of the type `peaks`, and with two voices one of the type `voices`.
    """
    settings = context.settings()
    form = StreamedForm(request, max_bytes=settings.max_analyze_bytes)
    lines = analysis_lines(form, query, settings)
    # An error before the second line still gets its own HTTP status.
    first = list(islice(lines, 2))
    if _as_stream(query):
        return Response(stream_with_context(as_ndjson(first, lines, form)), mimetype=NDJSON)
    (analysis,) = (line for line in chain(first, lines) if isinstance(line, Analysis))
    if query.format in FORMATS:
        return timeline_file(analysis, query.format)
    return jsonify(analysis.body())


def _as_stream(query: AnalyzeQuery) -> bool:
    if "format" in request.args:
        return query.format == "ndjson"
    return request.accept_mimetypes.best_match(["application/json", NDJSON]) == NDJSON
