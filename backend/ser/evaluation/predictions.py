"""The predictions of a model on clips, made as the product makes them, with or without a baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from joblib import Parallel, cpu_count, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from ser.audio import decode as audio
from ser.conditions.mixes import NoiseMix
from ser.corpora.base import Clip
from ser.errors import AudioError
from ser.evaluation.degradations import DEGRADATIONS
from ser.features.registry import FeatureSet, Frames
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor, Prediction, speech_features

Probabilities = NDArray[np.float64]
# What to predict: the model, a clip's features, None where it was refused, and the speaker's baseline.
Task = tuple[EmotionPredictor, Frames | None, Baseline | None]

# Tasks that wait for a thread; more would only take memory.
_AHEAD = 256


def clip_frames(clips: Sequence[Clip], feature_set: FeatureSet) -> list[Frames | None]:
    """Return the features [shape=(T, D)] of each clip, in order; None for a refused clip."""
    frames = Parallel(n_jobs=-1, return_as="generator")(
        delayed(_frames_of_file)(clip.path, feature_set) for clip in clips
    )
    return list(tqdm(frames, total=len(clips), desc="features", unit="clip", disable=None))


def _frames_of_file(path: Path, feature_set: FeatureSet) -> Frames | None:
    try:
        return speech_features(audio.decode(path), feature_set)
    except AudioError as error:
        tqdm.write(f"{path.name}: {error}")
        return None


def degraded_frames(
    clips: Sequence[Clip], mixes: Iterable[NoiseMix], names: Sequence[str], feature_set: FeatureSet
) -> Iterator[list[Frames | None]]:
    """Yield the features of each clip after each of the named degradations; None where it is refused."""
    return iter(
        Parallel(n_jobs=-1, return_as="generator")(
            delayed(_degraded)(clip.path, each, names, feature_set)
            for clip, each in zip(clips, mixes, strict=True)
        )
    )


def _degraded(
    path: Path, mix: NoiseMix, names: Sequence[str], feature_set: FeatureSet
) -> list[Frames | None]:
    try:
        y = audio.decode(path)
    except AudioError:
        return [None] * len(names)
    return [_frames_of_bytes(DEGRADATIONS[name].apply(y, mix), feature_set) for name in names]


def _frames_of_bytes(content: bytes, feature_set: FeatureSet) -> Frames | None:
    try:
        return speech_features(audio.decode(content), feature_set)
    except AudioError:
        return None


def predict(tasks: Iterable[Task], *, total: int, title: str) -> Iterator[Prediction | None]:
    """Yield the prediction of each task, in order, on all cores; None for a refused clip."""

    def predict_one(task: Task) -> Prediction | None:
        predictor, frames, baseline = task
        return None if frames is None else predictor.predict_features(frames, baseline)

    with (
        ThreadPoolExecutor(cpu_count()) as pool,
        tqdm(total=total, desc=title, unit="clip", disable=None) as progress,
    ):
        remaining = iter(tasks)
        while batch := list(islice(remaining, _AHEAD)):
            yield from pool.map(predict_one, batch)
            progress.update(len(batch))


def as_array(predictions: Iterable[Prediction | None], labels: Sequence[str]) -> Probabilities:
    """Return the probabilities [shape=(n, C)], float64, in the order of `labels`; NaN where refused."""
    refused = [np.nan] * len(labels)
    return np.array(
        [refused if each is None else [each.probabilities[name] for name in labels] for each in predictions]
    )


def uncalibrated(predictors: Iterable[EmotionPredictor], frames: Sequence[Frames | None]) -> Probabilities:
    """Return the probabilities [shape=(n, C)] at temperature 1, that is before calibration."""

    def predict_one(predictor: EmotionPredictor, each: Frames | None) -> Probabilities:
        if each is None:
            return np.full(len(predictor.manifest.labels), np.nan)
        raw = predictor.window_probabilities(each).astype(np.float64) ** predictor.manifest.temperature
        mean: Probabilities = (raw / raw.sum(axis=1, keepdims=True)).mean(axis=0)
        return mean

    with ThreadPoolExecutor(cpu_count()) as pool:
        return np.array(list(pool.map(predict_one, predictors, frames)))
