"""POST /baseline."""

from __future__ import annotations

from typing import Any

from flask import request

from ser.api import context
from ser.api.access.blueprint import guarded_blueprint
from ser.api.forms import read_baseline, read_uploads
from ser.api.schemas import UPLOAD_ERRORS, BaselineBody, BaselineForm

bp = guarded_blueprint("baseline", "Emotion")

_FORM = {"multipart/form-data": {"schema": BaselineForm.model_json_schema()}}


@bp.post(
    "/baseline",
    summary="Make a baseline of a speaker",
    responses={200: BaselineBody, **UPLOAD_ERRORS},
    openapi_extensions={"requestBody": {"required": True, "content": _FORM}},
)
def baseline() -> dict[str, Any]:
    """The server stores nothing: send the token along with each request."""
    settings = context.settings()
    contents = read_uploads(request, max_bytes=settings.max_upload_bytes)
    with context.waiting_line().place():
        predictor = context.models().for_emotions(request.form.get("model"))
        learnt = predictor.learn(
            contents,
            read_baseline(request, predictor.feature_set),
            max_duration_s=settings.max_audio_s,
            max_decoding_s=settings.max_decoding_s,
            decoder=context.decoder(),
        )
    return {"baseline": learnt.token(predictor.feature_set), "speech_s": round(learnt.speech_s, 2)}
