"""POST /predict."""

from __future__ import annotations

from typing import Any

from flask import request

from ser.api import context
from ser.api.access.blueprint import guarded_blueprint
from ser.api.forms import read_baseline, read_flag, read_upload
from ser.api.metrics import record
from ser.api.schemas import UPLOAD_ERRORS, PredictForm, PredictionBody
from ser.models.manifest import VOICE_GENDER

bp = guarded_blueprint("predict", "Emotion")

_FORM = {"multipart/form-data": {"schema": PredictForm.model_json_schema()}}


@bp.post(
    "/predict",
    summary="Predict the emotion of a clip",
    responses={200: PredictionBody, **UPLOAD_ERRORS},
    # Declared rather than parsed: the library would read every text field as JSON.
    openapi_extensions={"requestBody": {"required": True, "content": _FORM}},
)
def predict() -> dict[str, Any]:
    """Clips over 4 s are split into overlapping windows, whose probabilities are averaged.

    With a baseline, features are normalised with the speaker's own statistics.
    """
    settings = context.settings()
    content = read_upload(request, max_bytes=settings.max_upload_bytes)
    with context.waiting_line().place():
        models = context.models()
        prior = request.form.get("prior")
        predictor = models.for_emotions(request.form.get("model")).with_prior(prior)
        baseline, adapt = read_baseline(request, predictor.feature_set), read_flag(request, "adapt")
        voice = models.for_voice_gender() if read_flag(request, VOICE_GENDER) else None
        prediction = predictor.predict(
            content,
            baseline,
            voice=voice,
            max_duration_s=settings.max_audio_s,
            max_decoding_s=settings.max_decoding_s,
            decoder=context.decoder(),
        )
    record.prediction(predictor, prediction, with_prior=bool(prior))
    answer = prediction.as_dict()
    if adapt and prediction.statistics is not None:
        grown = prediction.statistics if baseline is None else baseline + prediction.statistics
        answer["baseline"] = grown.token(predictor.feature_set)
        answer["baseline_speech_s"] = round(grown.speech_s, 2)
    return answer
