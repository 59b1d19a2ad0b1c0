"""What a route needs of the application: its settings and its model."""

from __future__ import annotations

from flask import current_app

from ser.config import Settings
from ser.errors import ModelUnavailable
from ser.services.inference import EmotionPredictor


def settings() -> Settings:
    """Return the application's settings."""
    found: Settings = current_app.extensions["ser"]["settings"]
    return found


def model_loaded() -> bool:
    """Return whether there is a model to predict with."""
    return current_app.extensions["ser"]["predictor"] is not None


def predictor() -> EmotionPredictor:
    """Return the application's model.

    Raises:
        ModelUnavailable: it has none.
    """
    found: EmotionPredictor | None = current_app.extensions["ser"]["predictor"]
    if found is None:
        raise ModelUnavailable("The server's log says why no model could be loaded.")
    return found
