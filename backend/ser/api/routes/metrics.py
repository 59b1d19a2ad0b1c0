"""GET /metrics, for Prometheus."""

from __future__ import annotations

from flask import Response, request

from ser.api import context
from ser.api.access.blueprint import guarded_blueprint
from ser.api.metrics.exposition import Exposition
from ser.api.origins import require_no_other_page
from ser.api.schemas import ErrorBody

PATH = "/metrics"

bp = guarded_blueprint("metrics", "Server")

_TEXT = {"text/plain": {"schema": {"type": "string"}}}


@bp.get(
    PATH,
    summary="Read the metrics of the server",
    responses={200: {"description": "In the format of Prometheus", "content": _TEXT}, 403: ErrorBody},
)
def metrics() -> Response:
    """Of all its processes together. Pages of other origins get 403."""
    require_no_other_page(request)
    exposition = Exposition(
        context.models(),
        context.settings(),
        streams_limit=context.live_streams().limit,
        draining=context.draining().begun,
    )
    text, kind = exposition.text(request.headers.get("Accept", ""))
    response = Response(text, content_type=kind)
    response.headers["Cache-Control"] = "no-store"
    return response
