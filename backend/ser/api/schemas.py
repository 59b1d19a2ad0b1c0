"""The shapes of requests and answers, as the OpenAPI document shows them."""

from __future__ import annotations

from flask_openapi3 import FileStorage
from pydantic import BaseModel, ConfigDict, Field

from ser.services.audio import FORMATS


class PredictForm(BaseModel):
    """What POST /predict takes."""

    file: FileStorage = Field(description=f"The audio: {FORMATS}.")
    model: str = Field("", description="A name of GET /models; the default one without it.")


class PredictionBody(BaseModel):
    """What a clip sounds like."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "emotion": "Happy",
                "confidence": 0.8423,
                "probabilities": {
                    "Angry": 0.0512,
                    "Happy": 0.8423,
                    "Sad": 0.0601,
                    "Disgust": 0.0464,
                },
                "timestamp": "2026-02-17T15:45:00.000000",
            }
        }
    )

    emotion: str = Field(description="The most probable emotion.")
    confidence: float = Field(ge=0, le=1, description="The probability of that emotion.")
    probabilities: dict[str, float] = Field(description="One per emotion; they sum to 1.")
    timestamp: str = Field(description="When it was made: ISO 8601, UTC, without a zone.")


class ErrorBody(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "error": "Audio too short",
                "code": "too_short",
                "detail": "0.05 s of sound are left after trimming silence; at least 0.1 s are needed.",
            }
        }
    )

    error: str = Field(description="A sentence for people.")
    code: str = Field(description="A word for machines.")
    detail: str | None = Field(None, description="What came, what was expected, what to do.")


class HealthBody(BaseModel):
    """Whether the server can predict."""

    status: str = Field(description="`healthy`, or `unhealthy` while no model is loaded.")
    model_loaded: bool
    timestamp: str


class ModelBody(BaseModel):
    """One model the server answers with."""

    name: str
    description: str
    emotions: list[str] = Field(description="Its classes, in the order of the probabilities.")
    corpus: str = Field(description="What it was trained on.")
    licence: str = Field(description="The licence of that corpus.")
    licence_url: str
    uar: float | None = Field(description="Mean recall of the emotions on speakers it never heard, 0-1.")
    unseen_speakers: int | None = Field(description="How many speakers that was measured on.")
    parameters: int
    card_url: str = Field(description="Where its model card is.")


class ModelsBody(BaseModel):
    """The models the server answers with."""

    default: str = Field(description="The model of requests that name none.")
    models: list[ModelBody]


class ModelPath(BaseModel):
    """Which model."""

    name: str = Field(description="A name of GET /models.")
