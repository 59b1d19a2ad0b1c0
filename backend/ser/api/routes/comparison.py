"""GET /comparison."""

from __future__ import annotations

from typing import Any

from ser.api import context
from ser.api.access.blueprint import guarded_blueprint
from ser.api.schemas import ErrorBody
from ser.models import comparison as comparisons
from ser.models.comparison import Comparison

bp = guarded_blueprint("comparison", "Models")


@bp.get("/comparison", summary="Compare systems", responses={200: Comparison, 404: ErrorBody})
def comparison() -> dict[str, Any]:
    """The recommended models and published systems, scored on the same clips of a corpus."""
    # Read anew each time: the file is small, and may be replaced while the server runs.
    return comparisons.require(context.settings().model_dir).model_dump()
