"""What an answer costs: time, size, parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter

import numpy as np

from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.corpora.base import Clip
from ser.errors import AudioError, CorpusError
from ser.evaluation.contents import Cost
from ser.features.registry import FRAME_S
from ser.models.predictor import EmotionPredictor
from ser.speech import gate

_TIMED_S = 3.0
_ROUNDS = 50


def measure(predictor: EmotionPredictor, clips: Sequence[Clip], *, onnx_bytes: int | None = None) -> Cost:
    """Time a model on 3 s of speech, one of the clips repeated.

    Args:
        predictor: the model.
        clips: the first that holds speech is taken.
        onnx_bytes: size of the model's ONNX file.

    Raises:
        CorpusError: no clip holds speech.
    """
    y = _timed_clip(clips)
    features = predictor.speech_features(y)
    if predictor.feature_set.over_time:
        features = np.resize(features, (round(_TIMED_S / FRAME_S), predictor.feature_set.width))
    return Cost(
        clip_s=_TIMED_S,
        network_ms=_median_ms(partial(predictor.predict_features, features)),
        pipeline_ms=_median_ms(partial(predictor.predict_waveform, y)),
        onnx_bytes=onnx_bytes,
        parameters=predictor.manifest.parameters,
    )


def _timed_clip(clips: Sequence[Clip]) -> Waveform:
    for clip in clips:
        try:
            y = np.resize(audio.decode(clip.path), round(_TIMED_S * SAMPLE_RATE_HZ))
        except AudioError:
            continue
        if gate.has_speech(y):
            return y
    raise CorpusError("None of the clips holds speech.")


def _median_ms(call: Callable[[], object]) -> float:
    times_s = []
    for _ in range(_ROUNDS):
        start_s = perf_counter()
        call()
        times_s.append(perf_counter() - start_s)
    return 1_000 * float(np.median(times_s))
