"""POST /predict."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from ser.api import context
from ser.api.schemas import ErrorBody, PredictForm, PredictionBody
from ser.api.uploads import read_upload

bp = APIBlueprint("predict", __name__, abp_tags=[Tag(name="Emotion")])


@bp.post(
    "/predict",
    summary="Which emotion an audio file carries",
    responses={200: PredictionBody, **dict.fromkeys((400, 404, 413, 422, 500, 503), ErrorBody)},
)
def predict(form: PredictForm) -> dict[str, Any]:
    """Audio over 4 s is covered by overlapping windows, whose probabilities are averaged."""
    settings = context.settings()
    predictor = context.models().get(form.model)
    content = read_upload(form.file, max_bytes=settings.max_upload_bytes)
    return predictor.predict(content, max_duration_s=settings.max_audio_s).as_dict()
