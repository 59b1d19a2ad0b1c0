"""The Flask application factory."""

from __future__ import annotations

import logging

from flask_cors import CORS
from flask_openapi3 import Info, OpenAPI

from ser import __version__
from ser.api import docs, errors, health, page, predict, request_log
from ser.api.uploads import MemoryRequest
from ser.config import Settings, load_settings
from ser.errors import ModelError
from ser.services import model_store
from ser.services.inference import EmotionPredictor

logger = logging.getLogger(__name__)

# What multipart puts around a file of the largest allowed size.
_MULTIPART_SLACK_BYTES = 64 * 1024


def create_app(config: Settings | None = None) -> OpenAPI:
    """Return the application, its model loaded and warm.

    A model that cannot be loaded does not stop the server: it answers 503, so that a probe sees it.

    Args:
        config: the settings; the environment's by default.
    """
    settings = config or load_settings()
    app = OpenAPI(
        "ser",
        info=Info(title="Speech Emotion Recognition", version=__version__),
        validation_error_callback=errors.on_validation_error,
        doc_ui=False,
        static_folder=None,
    )
    app.request_class = MemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes + _MULTIPART_SLACK_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["ser"] = {"settings": settings, "predictor": _load_predictor(settings)}
    errors.init_app(app)
    request_log.init_app(app)
    if settings.cors_origins:
        CORS(app, origins=settings.cors_origins)
    app.register_api(health.bp)
    app.register_api(predict.bp)
    docs.init_app(app)
    app.register_blueprint(page.bp)
    return app


def _load_predictor(settings: Settings) -> EmotionPredictor | None:
    try:
        directory = model_store.find(settings.model, settings.model_dir)
        predictor = EmotionPredictor.load(directory, engine=settings.engine)
    except ModelError as error:
        logger.error("no model: %s", error)
        return None
    predictor.warm_up()
    return predictor
