"""The Flask application factory."""

from __future__ import annotations

from flask_cors import CORS
from flask_openapi3 import Info, OpenAPI

from ser import __version__
from ser.analysis.timeline import MAX_AT_ONCE
from ser.api import errors, origins, security, telemetry
from ser.api.access.guard import Guard
from ser.api.access.shared import Shared
from ser.api.draining import Draining
from ser.api.forms import MULTIPART_SLACK_BYTES, MemoryRequest
from ser.api.live.slots import Slots
from ser.api.live.streams import LiveStreams
from ser.api.metrics import record
from ser.api.routes import (
    analyze,
    baseline,
    comparison,
    docs,
    health,
    metrics,
    models,
    page,
    predict,
    stream,
    timeline,
)
from ser.api.schemas import KEY_SCHEME, ErrorBody
from ser.api.waiting_line import WaitingLine
from ser.audio.decoders import OWN_PROCESS, Decoder
from ser.config import Settings, load_settings
from ser.models.pool import ModelPool, find_checked
from ser.models.store import Found


def create_app(
    config: Settings | None = None,
    *,
    stream_slots: Slots | None = None,
    draining: Draining | None = None,
    shared_access: Shared | None = None,
    decoder: Decoder = OWN_PROCESS,
    found: Found | None = None,
) -> OpenAPI:
    """Return the application, its default model loaded and warm.

    A model that cannot be loaded does not stop the server: /health answers 503, so that a probe notices.

    Args:
        config: the settings; the environment's by default.
        stream_slots: places for live streams that are shared with other processes; own ones by default.
        draining: says whether the server is about to stop, shared in the same way.
        shared_access: the keys and the counters of the limits, shared in the same way.
        decoder: who decodes; this process by default.
        found: the models, their files checked; those on the disk by default.

    Raises:
        ConfigError: there is no usable file of keys, or no client for Redis.
    """
    settings = config or load_settings()
    guard = Guard(settings, shared_access or Shared.of(settings))
    app = OpenAPI(
        "ser",
        info=Info(title="Speech Emotion Recognition", version=__version__),
        doc_ui=False,
        static_folder=None,
        validation_error_status=400,
        validation_error_model=ErrorBody,
        validation_error_callback=errors.refuse,
        security_schemes={**KEY_SCHEME},
    )
    app.request_class = MemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes + MULTIPART_SLACK_BYTES
    # Against a foreign name that was made to lead here (DNS rebinding): its page would be taken for our own.
    app.config["TRUSTED_HOSTS"] = settings.allowed_hosts or None
    app.json.sort_keys = False  # type: ignore[attr-defined]
    pool = ModelPool.of(
        found or find_checked(settings.model_dir, settings.model, settings.engine),
        engine=settings.engine,
        max_loaded=settings.max_loaded_models,
    )
    streams = LiveStreams(pool, settings, stream_slots or Slots(settings.max_streams), guard)
    app.extensions["ser"] = {
        "settings": settings,
        "models": pool,
        "decoder": decoder,
        "waiting_line": WaitingLine(settings.max_waiting),
        "live_streams": streams,
        "draining": draining or Draining(),
    }
    record.start(
        clips_limit=settings.max_waiting,
        recordings_limit=MAX_AT_ONCE,
        reasons=errors.REASONS,
        default=pool.directory(pool.default) if pool.ready else None,
    )
    errors.init_app(app)
    telemetry.init_app(app)
    security.init_app(app)
    origins.init_app(app)
    guard.init_app(app)
    if settings.cors_origins:
        CORS(
            app,
            origins=origins.whole(settings.cors_origins),
            # No page but the server's own may read the metrics.
            resources=rf"(?!{metrics.PATH}$).*",
            expose_headers=["Retry-After"],
        )
    app.register_api(health.bp)
    if settings.metrics:
        app.register_api(metrics.bp)
    app.register_api(predict.bp)
    app.register_api(baseline.bp)
    app.register_api(analyze.bp)
    app.register_api(timeline.bp)
    app.register_api(models.bp)
    app.register_api(comparison.bp)
    docs.init_app(app)
    app.register_blueprint(stream.bp)
    app.register_blueprint(page.bp)
    return app
