"""GET /comparison."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from ser.api import context
from ser.api.schemas import ACCESS_ERRORS, KEY_OR_NONE, ErrorBody
from ser.models import comparison as comparisons
from ser.models.comparison import Comparison

bp = APIBlueprint(
    "comparison",
    __name__,
    abp_tags=[Tag(name="Models")],
    abp_security=KEY_OR_NONE,
    abp_responses=ACCESS_ERRORS,
)


@bp.get("/comparison", summary="Compare systems", responses={200: Comparison, 404: ErrorBody})
def comparison() -> dict[str, Any]:
    """The recommended models and published systems, scored on the same clips of a corpus."""
    # Read anew each time: the file is small, and may be replaced while the server runs.
    return comparisons.require(context.settings().model_dir).model_dump()
