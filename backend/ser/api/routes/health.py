"""GET /health."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from ser import timestamps
from ser.api import context
from ser.api.schemas import HealthBody

bp = APIBlueprint("health", __name__, abp_tags=[Tag(name="Server")])


@bp.get(
    "/health",
    summary="Check whether the server can predict",
    responses={200: HealthBody, 503: HealthBody},
)
def health() -> tuple[dict[str, Any], int]:
    """For probes: 503 while no model is loaded."""
    loaded = context.models().ready
    body = {
        "status": "healthy" if loaded else "unhealthy",
        "model_loaded": loaded,
        "timestamp": timestamps.now(),
    }
    return body, 200 if loaded else 503
