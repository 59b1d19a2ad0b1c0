"""GET /health, and the probes /health/live and /health/ready."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from ser import timestamps
from ser.api import context
from ser.api.schemas import INVALID_REQUEST, HealthBody, LiveBody, ReadyBody

bp = APIBlueprint("health", __name__, abp_tags=[Tag(name="Server")], abp_responses=INVALID_REQUEST)


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


@bp.get("/health/live", summary="Check whether the process answers", responses={200: LiveBody})
def live() -> dict[str, Any]:
    """For probes that start a server anew which does not answer."""
    return {"status": "alive"}


@bp.get(
    "/health/ready",
    summary="Check whether the server takes requests",
    responses={200: ReadyBody, 503: ReadyBody},
)
def ready() -> tuple[dict[str, Any], int]:
    """For load balancers: 503 while the default model is not loaded, and from when the server is to stop."""
    if context.draining().begun:
        return {"status": "draining"}, 503
    if not context.models().ready:
        return {"status": "no_model"}, 503
    return {"status": "ready"}, 200
