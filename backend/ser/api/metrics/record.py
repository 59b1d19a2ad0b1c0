"""Writes down what happens, for GET /metrics."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from prometheus_client import Counter, Gauge, Histogram

from ser import stages
from ser.analysis.events import Analysis, SpeechEnded
from ser.api.metrics import instruments as of
from ser.api.metrics.recent import RecentAnswers
from ser.api.metrics.shared import reserve
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor, Prediction
from ser.models.store import ModelDirectory
from ser.stages import STAGES, Stage

logger = logging.getLogger(__name__)

PREDICT, BASELINE, ANALYZE, STREAM = "/predict", "/baseline", "/analyze", "/stream"
# The routes that audio comes by.
AUDIO_ROUTES = (PREDICT, BASELINE, ANALYZE, STREAM)
# The route of a request that no route matches, and what else is none of the known words.
OTHER = "other"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Which route the work of this thread is for; `ser.processor_slots` and `ser.analysis.workers` pass it on.
_route: ContextVar[str] = ContextVar("route", default=OTHER)
_recent = RecentAnswers()


def start_route(route: str) -> None:
    """Say for which route this thread works from now on."""
    _route.set(route if route in AUDIO_ROUTES else OTHER)


def known_method(method: str) -> str:
    """Return a method of HTTP as labels have it: `OTHER` where a client made it up."""
    return method if method in _METHODS else OTHER


def request(route: str, method: str, status: int, seconds: float) -> None:
    """Count a request that was answered.

    Args:
        route: the template of its path; `OTHER` where there is none.
        method: as it came.
        status: of the answer.
        seconds: how long it took.
    """
    counter, histogram = _of_request(route, known_method(method), status)
    counter.inc()
    histogram.observe(seconds)


# A bounded number: looking up labels takes most of the time otherwise.
@cache
def _of_request(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    labels = (route, method, str(status))
    return of.REQUESTS.labels(*labels), of.REQUEST_SECONDS.labels(*labels)


@cache
def _of_stage(name: Stage, route: str) -> Histogram:
    return of.STAGE_SECONDS.labels(name, route)


@cache
def _audio_of(route: str) -> Counter:
    return of.AUDIO_SECONDS.labels(route)


class _Stages:
    """Counts what the pipeline says of its stages."""

    def stage_ended(self, name: Stage, started_s: float, seconds: float) -> None:  # noqa: ARG002
        """See `ser.stages.Observer`."""
        _of_stage(name, _route.get()).observe(seconds)

    def audio_decoded(self, seconds: float) -> None:
        """See `ser.stages.Observer`."""
        _audio_of(_route.get()).inc(seconds)


_stages = _Stages()


def audio(route: str, seconds: float) -> None:
    """Count audio that needed no decoding."""
    _audio_of(route).inc(seconds)


def prediction(model: EmotionPredictor, found: Prediction, *, with_prior: bool) -> None:
    """Count the answer of a clip.

    Args:
        model: which answered.
        found: its answer.
        with_prior: whether the client said how frequent emotions are: such answers tell nothing of drift.
    """
    _answer(model, found.emotion, found.confidence, found.low_information, PREDICT, with_prior)
    _features(model, found.statistics)


def analysis(model: EmotionPredictor, found: Analysis, *, with_prior: bool) -> None:
    """Count the answers of a long recording: one for each of its segments; see `prediction`."""
    for each in found.segments:
        _answer(model, each.emotion, each.confidence, each.low_information, ANALYZE, with_prior)
    if not found.segments:
        no_speech(ANALYZE)
    _features(model, found.statistics)


def utterance(
    model: EmotionPredictor, found: SpeechEnded, statistics: Baseline | None, *, with_prior: bool
) -> None:
    """Count the answer of an utterance of a live stream.

    Args:
        model: which answered.
        found: its answer.
        statistics: of the frames of its last window.
        with_prior: see `prediction`.
    """
    verdict = found.verdict
    if verdict is None:
        return
    # The verdict's own confidence is a share of votes.
    confidence = verdict.probabilities[verdict.emotion]
    _answer(model, verdict.emotion, confidence, verdict.low_information, STREAM, with_prior)
    _features(model, statistics)


def _features(model: EmotionPredictor, statistics: Baseline | None) -> None:
    if statistics is not None:
        _recent.add_features(model.name, model.manifest, statistics)


def _answer(
    model: EmotionPredictor,
    emotion: str,
    confidence: float,
    low_information: bool,
    route: str,
    with_prior: bool,
) -> None:
    counter, histogram = _of_answer(model.name, emotion, route)
    counter.inc()
    histogram.observe(confidence)
    if low_information:
        of.LOW_INFORMATION.labels(model.name).inc()
    if not with_prior:
        _recent.add_answer(model.name, model.manifest, emotion, confidence, low_information)


@cache
def _of_answer(model: str, emotion: str, route: str) -> tuple[Counter, Histogram]:
    return of.PREDICTIONS.labels(model, emotion, route), of.CONFIDENCE.labels(model)


def no_speech(route: str) -> None:
    """Count audio in which nobody spoke."""
    of.NO_SPEECH.labels(route if route in AUDIO_ROUTES else OTHER).inc()


def rejected(reason: str) -> None:
    """Count a request or a live stream that was refused, by a reason out of a fixed set."""
    of.REJECTED.labels(reason).inc()


def stream_ended(reason: str) -> None:
    """Count a live stream that is over, by a reason out of a fixed set."""
    of.STREAMS_ENDED.labels(reason).inc()


@contextmanager
def during(gauge: Gauge) -> Iterator[None]:
    """Count one more in a gauge for so long."""
    gauge.inc()
    try:
        yield
    finally:
        gauge.dec()


def worker_exited() -> None:
    """Count a server process that ended although the server goes on."""
    of.WORKER_EXITS.inc()


def start(
    *, clips_limit: int, recordings_limit: int, reasons: tuple[str, ...], default: ModelDirectory | None
) -> None:
    """Begin to count in this process. What can be counted is there from the start, as 0.

    Args:
        clips_limit: how many clips may wait in this process.
        recordings_limit: how many recordings it analyses at once.
        reasons: for which requests are refused.
        default: the model for whoever names none.
    """
    try:
        reserve()
    except OSError:
        logger.warning("There is no memory for the metrics of this process", exc_info=True)
    stages.subscribe(_stages)
    of.WORKERS.set(1)
    of.CLIPS_WAITING_LIMIT.set(clips_limit)
    of.RECORDINGS_LIMIT.set(recordings_limit)
    for reason in reasons:
        of.REJECTED.labels(reason)
    for route in AUDIO_ROUTES:
        _audio_of(route)
        # Without it, the first errors would be no rise.
        of.REQUESTS.labels(route, "GET" if route == STREAM else "POST", "500")
        for name in STAGES:
            _of_stage(name, route)
    for route in (PREDICT, BASELINE, ANALYZE):
        of.NO_SPEECH.labels(route)
    if default is not None:
        of.LOW_INFORMATION.labels(default.name)
        for emotion in default.manifest.labels:
            for route in (PREDICT, ANALYZE, STREAM):
                _of_answer(default.name, emotion, route)


def recent_answers() -> RecentAnswers:
    """Return what is known of the answers of late."""
    return _recent
