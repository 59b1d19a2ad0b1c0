"""Everything that is counted, by name. docs/operate.md says what each is for.

No label grows with what clients send: routes are templates, and models and emotions are those that there are.
"""

from __future__ import annotations

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# When a metric was created is of no use, and doubles what is sent.
prometheus_client.disable_created_metrics()

REGISTRY = CollectorRegistry()

# From the answer of a probe to the analysis of a recording of hours.
_REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
# From one message of a live stream to a clip of minutes.
_STAGE_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(name, text, labels, registry=REGISTRY)


def _gauge(name: str, text: str) -> Gauge:
    # The sum over the processes that live.
    return Gauge(name, text, registry=REGISTRY, multiprocess_mode="livesum")


REQUESTS = _counter("ser_http_requests", "Requests that were answered.", "route", "method", "status")
REQUEST_SECONDS = Histogram(
    "ser_http_request_duration_seconds",
    "From a request's head to the end of its answer.",
    ("route", "method", "status"),
    registry=REGISTRY,
    buckets=_REQUEST_S,
)
STAGE_SECONDS = Histogram(
    "ser_stage_duration_seconds",
    "One step of a prediction: of a clip, of a piece of a recording, or of a message of a live stream.",
    ("stage", "route"),
    registry=REGISTRY,
    buckets=_STAGE_S,
)
AUDIO_SECONDS = _counter("ser_audio_seconds", "Seconds of audio that were decoded.", "route")
PREDICTIONS = _counter(
    "ser_predictions",
    "Answers: of a clip, of a segment of a recording, or of an utterance of a live stream.",
    "model",
    "emotion",
    "route",
)
CONFIDENCE = Histogram(
    "ser_prediction_confidence_ratio",
    "Confidence of the answers.",
    ("model",),
    registry=REGISTRY,
    buckets=_TENTHS,
)
LOW_INFORMATION = _counter("ser_low_information", "Answers of low information.", "model")
NO_SPEECH = _counter("ser_no_speech", "Clips and recordings in which nobody spoke.", "route")
REJECTED = _counter("ser_rejected", "Requests and live streams that were refused.", "reason")
STREAMS_OPEN = _gauge("ser_streams_open", "Live streams that are open.")
STREAMS_ENDED = _counter("ser_streams_ended", "Live streams that have ended.", "reason")
CLIPS_WAITING = _gauge("ser_clips_waiting", "Clips that are worked on or wait for it.")
CLIPS_WAITING_LIMIT = _gauge("ser_clips_waiting_limit", "So many clips may wait, over all processes.")
RECORDINGS_RUNNING = _gauge("ser_recordings_running", "Long recordings that are analysed.")
RECORDINGS_LIMIT = _gauge("ser_recordings_limit", "So many recordings at once, over all processes.")
WORKERS = _gauge("ser_workers", "Server processes that are up.")
# Counted by the process that starts the others.
WORKER_EXITS = _counter("ser_worker_exits", "Server processes that ended although the server goes on.")
